//! One flag as written.

use std::collections::HashMap;
use std::sync::Arc;

use ecow::EcoString;

use crate::decision::ErrorCode;
use crate::diag;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::DocumentDefaults;
use crate::document::DocumentOrigin;
use crate::document::rollout;
use crate::document::rollout::RolloutFields;
use crate::document::schema;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::limits;
use crate::value::OwnedMap;
use crate::value::OwnedValue;

/// A flag definition.
#[derive(Debug, Clone)]
pub struct FlagDefinition {
    /// Its key.
    pub key: EcoString,
    /// Where its key stands.
    pub position: Position,
    /// Where it comes from.
    pub origin: DocumentOrigin,
    /// Whether `state` is `DISABLED`.
    pub disabled: bool,
    /// The values that it can take, by name, sorted by name.
    pub variants: Vec<(EcoString, OwnedValue)>,
    /// The name of the variant that counts when targeting chooses none.
    pub default_variant: Option<EcoString>,
    /// Its rule.
    pub targeting: Option<Node>,
    /// The metadata of its flag set, overlaid by its own; without nulls, sorted by name.
    pub metadata: OwnedMap,
    /// The error that it answers with because its definition is faulty.
    pub error_code: Option<ErrorCode>,
    /// What is written beside the rule; `rollout::expand` makes a rule of it.
    pub rollout_fields: Option<Arc<RolloutFields>>,
    /// Whether plain flagd can evaluate its rule.
    pub portable: bool,
}

impl FlagDefinition {
    /// The id of the flag set that it belongs to: `flagSetId` of its metadata, if that is a string.
    pub fn flag_set_id(&self) -> Option<&str> {
        let id = self.metadata.iter().find(|(key, _)| &**key == "flagSetId");
        match id {
            Some((_, OwnedValue::Text(id))) => Some(id),
            _ => None,
        }
    }
}

/// Reads the members of the flag called `key`. A member of the wrong type makes a flag that answers with an error.
pub(super) fn parse_flag(
    key: EcoString,
    place: Position,
    node: Node,
    common: &DocumentDefaults,
    origin: &DocumentOrigin,
    report: &mut DiagnosticSink,
) -> FlagDefinition {
    let mut flag = FlagDefinition {
        key,
        position: place,
        origin: origin.clone(),
        disabled: false,
        variants: Vec::new(),
        default_variant: None,
        targeting: None,
        metadata: common.metadata.clone(),
        error_code: None,
        rollout_fields: None,
        portable: true,
    };
    let type_name = node.type_name();
    match node.kind {
        NodeKind::Null => {}
        NodeKind::Map(members) => {
            let mut words = Vec::new();
            for member in members {
                if schema::ROLLOUT_FIELDS
                    .field_ignore_case(&member.key)
                    .is_some()
                {
                    words.push(member);
                } else {
                    parse_member(
                        &mut flag,
                        &member.key,
                        member.position,
                        member.value,
                        report,
                    );
                }
            }
            if !words.is_empty() {
                parse_rollout_fields(&mut flag, &words, common, report);
            }
        }
        NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) | NodeKind::List(_) => {
            let message = format!("flag `{}` is {type_name}", flag.key);
            let help = "a flag is an object with `state`, `variants` and `defaultVariant`";
            report.error(Code::FlagMember, node.position, message, help);
            flag.error_code = Some(ErrorCode::ParseError);
        }
    }
    validate_default_variant(&mut flag, report);
    flag
}

fn parse_rollout_fields(
    flag: &mut FlagDefinition,
    members: &[Member],
    common: &DocumentDefaults,
    report: &mut DiagnosticSink,
) {
    let mut words =
        rollout::parse_rollout_fields(&flag.key, &flag.variants, members, &common.rings, report);
    words.targeting.clone_from(&flag.targeting);
    flag.rollout_fields = Some(Arc::new(words));
}

fn parse_member(
    flag: &mut FlagDefinition,
    key: &str,
    place: Position,
    value: Node,
    report: &mut DiagnosticSink,
) {
    let Some(field) = schema::FLAG.field_ignore_case(key) else {
        let known = schema::FLAG
            .field_names()
            .chain(schema::ROLLOUT_FIELDS.field_names());
        let help = match diag::closest_match(key, known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "it has no effect".to_owned(),
        };
        let message = format!("a flag has no member `{key}`");
        report.warn(Code::UnknownMember, place, message, help);
        return;
    };
    let at = value.position;
    let name = field.name;
    let read = match name {
        "state" => parse_state(flag, &value, report),
        "variants" => parse_variants(flag, &value),
        "defaultVariant" => parse_default_variant(flag, &value),
        "metadata" => parse_metadata(flag, &value),
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
        flag.error_code = Some(ErrorCode::ParseError);
    }
}

fn parse_state(
    flag: &mut FlagDefinition,
    value: &Node,
    report: &mut DiagnosticSink,
) -> Result<(), String> {
    let Some(state) = value.as_text() else {
        return match value.kind {
            NodeKind::Null => Ok(()),
            _ => type_error(value, "ENABLED or DISABLED"),
        };
    };
    flag.disabled = state == "DISABLED";
    if !matches!(state, "ENABLED" | "DISABLED") {
        let message = format!("`{state}` is no state: the flag counts as enabled");
        let help = "write ENABLED or DISABLED, in capitals";
        report.warn(Code::FlagMember, value.position, message, help);
    }
    Ok(())
}

fn parse_variants(flag: &mut FlagDefinition, value: &Node) -> Result<(), String> {
    let Some(members) = value.as_map() else {
        return match value.kind {
            NodeKind::Null => Ok(()),
            _ => type_error(value, "an object of names and values"),
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
        .map(|m| (m.key.clone(), m.value.to_owned_value()))
        .collect();
    flag.variants.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(())
}

fn parse_default_variant(flag: &mut FlagDefinition, value: &Node) -> Result<(), String> {
    match &value.kind {
        NodeKind::Null => Ok(()),
        NodeKind::Text(name) => {
            flag.default_variant = Some(name.clone()).filter(|name| !name.is_empty());
            Ok(())
        }
        NodeKind::Bool(_) => type_error(value, "a string; put quotes around it"),
        NodeKind::Number(_) | NodeKind::List(_) | NodeKind::Map(_) => type_error(value, "a string"),
    }
}

fn parse_metadata(flag: &mut FlagDefinition, value: &Node) -> Result<(), String> {
    if matches!(value.kind, NodeKind::Null) {
        return Ok(());
    }
    let OwnedValue::Map(own) = value.to_owned_value() else {
        return type_error(value, "an object");
    };
    flag.metadata = merge_metadata(&flag.metadata, own);
    Ok(())
}

fn type_error(value: &Node, want: &str) -> Result<(), String> {
    Err(format!("is {}, must be {want}", value.type_name()))
}

fn validate_default_variant(flag: &mut FlagDefinition, report: &mut DiagnosticSink) {
    let Some(default) = &flag.default_variant else {
        return;
    };
    let names = || flag.variants.iter().map(|(name, _)| name.as_ref());
    if flag.error_code.is_some() || names().any(|name| name == &**default) {
        return;
    }
    let message = format!("`{default}` is not a variant of flag `{}`", flag.key);
    let help = match diag::closest_match(default, names()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("variants are: {}", names().collect::<Vec<_>>().join(", ")),
    };
    report.error(Code::DefaultVariant, flag.position, message, help);
    flag.error_code = Some(ErrorCode::General);
}

/// Reads `metadata` of the flag set.
pub fn parse_flag_set_metadata(node: &Node, report: &mut DiagnosticSink) -> OwnedMap {
    match node.to_owned_value() {
        OwnedValue::Map(members) => merge_metadata(&[], members),
        OwnedValue::Null => OwnedMap::default(),
        _ => {
            let message = format!("`metadata` is {}", node.type_name());
            report.error(
                Code::DocumentShape,
                node.position,
                message,
                "write it as an object",
            );
            OwnedMap::default()
        }
    }
}

/// `over` on top of `under`, sorted. A null in `over` hides nothing and is not shown.
pub(super) fn merge_metadata(under: &[(EcoString, OwnedValue)], over: OwnedMap) -> OwnedMap {
    let mut all: Vec<_> = over
        .into_iter()
        .filter(|(_, value)| *value != OwnedValue::Null)
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
pub(super) fn parse_flag_list(
    items: Vec<Node>,
    common: &DocumentDefaults,
    origin: &DocumentOrigin,
    report: &mut DiagnosticSink,
) -> Vec<FlagDefinition> {
    let mut flags: Vec<FlagDefinition> = Vec::with_capacity(items.len());
    let mut index: HashMap<(EcoString, Option<EcoString>), usize> = HashMap::new();
    for item in items {
        let place = item.position;
        let Some(key) = list_item_key(&item) else {
            let message = "a flag in the list has no `key`";
            report.error(
                Code::FlagKey,
                place,
                message,
                "give it a `key`; it is left out until then",
            );
            continue;
        };
        let flag = parse_flag(key, place, item, common, origin, report);
        let identity = (flag.key.clone(), flag.flag_set_id().map(Into::into));
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

fn list_item_key(item: &Node) -> Option<EcoString> {
    let members = item.as_map()?;
    let key = members.iter().find(|m| m.key.eq_ignore_ascii_case("key"))?;
    let key = key.value.as_text()?;
    (!key.is_empty()).then(|| key.into())
}
