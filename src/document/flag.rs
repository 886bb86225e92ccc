//! One flag as written.

use std::collections::HashMap;
use std::sync::Arc;

use ecow::EcoString;

use crate::decision::ErrorCode;
use crate::diag;
use crate::diag::Code;
use crate::diag::Place;
use crate::diag::Report;
use crate::document::Common;
use crate::document::Origin;
use crate::document::field;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::document::rollout;
use crate::document::rollout::Words;
use crate::limits;
use crate::value::Literal;
use crate::value::Members;

/// A flag definition.
#[derive(Debug, Clone)]
pub struct Flag {
    /// Its key.
    pub key: EcoString,
    /// Where its key stands.
    pub place: Place,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether `state` is `DISABLED`.
    pub disabled: bool,
    /// The values that it can take, by name, sorted by name.
    pub variants: Vec<(EcoString, Literal)>,
    /// The name of the variant that counts when targeting chooses none.
    pub default_variant: Option<EcoString>,
    /// Its rule.
    pub targeting: Option<Node>,
    /// The metadata of its flag set, overlaid by its own; without nulls, sorted by name.
    pub metadata: Members,
    /// The error that it answers with because its definition is faulty.
    pub fault: Option<ErrorCode>,
    /// What is written beside the rule; `rollout::expand` makes a rule of it.
    pub words: Option<Arc<Words>>,
    /// Whether plain flagd can evaluate its rule.
    pub plain: bool,
}

impl Flag {
    /// The id of the flag set that it belongs to: `flagSetId` of its metadata, if that is a string.
    pub fn set(&self) -> Option<&str> {
        let id = self.metadata.iter().find(|(key, _)| &**key == "flagSetId");
        match id {
            Some((_, Literal::Text(id))) => Some(id),
            _ => None,
        }
    }
}

/// Reads the members of the flag called `key`. A member of the wrong type makes a flag that answers with an error.
pub(super) fn read(
    key: EcoString,
    place: Place,
    node: Node,
    common: &Common,
    origin: &Origin,
    report: &mut Report,
) -> Flag {
    let mut flag = Flag {
        key,
        place,
        origin: origin.clone(),
        disabled: false,
        variants: Vec::new(),
        default_variant: None,
        targeting: None,
        metadata: common.set.clone(),
        fault: None,
        words: None,
        plain: true,
    };
    let type_name = node.type_name();
    match node.kind {
        Kind::Null => {}
        Kind::Map(members) => {
            let mut words = Vec::new();
            for member in members {
                if field::WORDS.field_in_any_case(&member.key).is_some() {
                    words.push(member);
                } else {
                    read_member(&mut flag, &member.key, member.place, member.value, report);
                }
            }
            if !words.is_empty() {
                read_words(&mut flag, &words, common, report);
            }
        }
        Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::List(_) => {
            let message = format!("flag `{}` is {type_name}", flag.key);
            let help = "a flag is an object with `state`, `variants` and `defaultVariant`";
            report.error(Code::FlagMember, node.place, message, help);
            flag.fault = Some(ErrorCode::ParseError);
        }
    }
    check_default(&mut flag, report);
    flag
}

fn read_words(flag: &mut Flag, members: &[Member], common: &Common, report: &mut Report) {
    let mut words = rollout::read(&flag.key, &flag.variants, members, &common.rings, report);
    words.targeting.clone_from(&flag.targeting);
    flag.words = Some(Arc::new(words));
}

fn read_member(flag: &mut Flag, key: &str, place: Place, value: Node, report: &mut Report) {
    let Some(field) = field::FLAG.field_in_any_case(key) else {
        let known = field::FLAG.names().chain(field::WORDS.names());
        let help = match diag::nearest(key, known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "it has no effect".to_owned(),
        };
        let message = format!("a flag has no member `{key}`");
        report.warn(Code::UnknownMember, place, message, help);
        return;
    };
    let at = value.place;
    let name = field.name;
    let read = match name {
        "state" => read_state(flag, &value, report),
        "variants" => read_variants(flag, &value),
        "defaultVariant" => read_default(flag, &value),
        "metadata" => read_metadata(flag, &value),
        "targeting" => {
            flag.targeting = Some(value);
            Ok(())
        }
        _ => Ok(()),
    };
    if let Err(message) = read {
        let message = format!("`{name}` of flag `{}` {message}", flag.key);
        report.error(
            Code::FlagMember,
            at,
            message,
            "the flag answers PARSE_ERROR until it is",
        );
        flag.fault = Some(ErrorCode::ParseError);
    }
}

fn read_state(flag: &mut Flag, value: &Node, report: &mut Report) -> Result<(), String> {
    let Some(state) = value.as_text() else {
        return match value.kind {
            Kind::Null => Ok(()),
            _ => wrong(value, "ENABLED or DISABLED"),
        };
    };
    flag.disabled = state == "DISABLED";
    if !matches!(state, "ENABLED" | "DISABLED") {
        let message = format!("`{state}` is no state: the flag counts as enabled");
        let help = "write ENABLED or DISABLED, in capitals";
        report.warn(Code::FlagMember, value.place, message, help);
    }
    Ok(())
}

fn read_variants(flag: &mut Flag, value: &Node) -> Result<(), String> {
    let Some(members) = value.as_map() else {
        return match value.kind {
            Kind::Null => Ok(()),
            _ => wrong(value, "an object of names and values"),
        };
    };
    if members.len() > limits::VARIANTS {
        return Err(format!(
            "must not have more than {} members",
            limits::VARIANTS
        ));
    }
    flag.variants = members
        .iter()
        .map(|m| (m.key.clone(), m.value.to_literal()))
        .collect();
    flag.variants.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(())
}

fn read_default(flag: &mut Flag, value: &Node) -> Result<(), String> {
    match &value.kind {
        Kind::Null => Ok(()),
        Kind::Text(name) => {
            flag.default_variant = Some(name.clone()).filter(|name| !name.is_empty());
            Ok(())
        }
        Kind::Bool(_) => wrong(value, "a string; put quotes around it"),
        Kind::Number(_) | Kind::List(_) | Kind::Map(_) => wrong(value, "a string"),
    }
}

fn read_metadata(flag: &mut Flag, value: &Node) -> Result<(), String> {
    if matches!(value.kind, Kind::Null) {
        return Ok(());
    }
    let Literal::Map(own) = value.to_literal() else {
        return wrong(value, "an object");
    };
    flag.metadata = overlay(&flag.metadata, own);
    Ok(())
}

fn wrong(value: &Node, want: &str) -> Result<(), String> {
    Err(format!("is {}, must be {want}", value.type_name()))
}

fn check_default(flag: &mut Flag, report: &mut Report) {
    let Some(default) = &flag.default_variant else {
        return;
    };
    let names = || flag.variants.iter().map(|(name, _)| name.as_ref());
    if flag.fault.is_some() || names().any(|name| name == &**default) {
        return;
    }
    let message = format!("`{default}` is not a variant of flag `{}`", flag.key);
    let help = match diag::nearest(default, names()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("variants are: {}", names().collect::<Vec<_>>().join(", ")),
    };
    report.error(Code::DefaultVariant, flag.place, message, help);
    flag.fault = Some(ErrorCode::General);
}

/// Reads `metadata` of the flag set.
pub fn set_metadata(node: &Node, report: &mut Report) -> Members {
    match node.to_literal() {
        Literal::Map(members) => overlay(&[], members),
        Literal::Null => Members::default(),
        _ => {
            let message = format!("`metadata` is {}", node.type_name());
            report.error(Code::Shape, node.place, message, "write it as an object");
            Members::default()
        }
    }
}

/// `over` on top of `under`, sorted. A null in `over` hides nothing and is not shown.
pub(super) fn overlay(under: &[(EcoString, Literal)], over: Members) -> Members {
    let mut all: Vec<_> = over
        .into_iter()
        .filter(|(_, value)| *value != Literal::Null)
        .collect();
    let inherited: Vec<_> = under
        .iter()
        .filter(|(key, _)| !all.iter().any(|(own, _)| own == key))
        .cloned()
        .collect();
    all.extend(inherited);
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.into()
}

/// Reads flags written as a list, each with its `key`. Of equal keys in one flag set the last one counts.
pub(super) fn read_list(
    items: Vec<Node>,
    common: &Common,
    origin: &Origin,
    report: &mut Report,
) -> Vec<Flag> {
    let mut flags: Vec<Flag> = Vec::with_capacity(items.len());
    let mut index: HashMap<(EcoString, Option<EcoString>), usize> = HashMap::new();
    for item in items {
        let place = item.place;
        let Some(key) = list_key(&item) else {
            let message = "a flag in the list has no `key`";
            report.error(
                Code::FlagKey,
                place,
                message,
                "give it a `key`; it is left out until then",
            );
            continue;
        };
        let flag = read(key, place, item, common, origin, report);
        let identity = (flag.key.clone(), flag.set().map(Into::into));
        let earlier = index.get(&identity).and_then(|i| flags.get_mut(*i));
        if let Some(earlier) = earlier {
            let message = format!("flag `{}` stands twice in the list", flag.key);
            report.warn(
                Code::DuplicateKey,
                place,
                message,
                "the last one counts; remove the other",
            );
            *earlier = flag;
            continue;
        }
        index.insert(identity, flags.len());
        flags.push(flag);
    }
    flags
}

fn list_key(item: &Node) -> Option<EcoString> {
    let members = item.as_map()?;
    let key = members.iter().find(|m| m.key.eq_ignore_ascii_case("key"))?;
    let key = key.value.as_text()?;
    (!key.is_empty()).then(|| key.into())
}
