//! Parses a list of flags, each with a `key`.

use std::collections::HashMap;

use ecow::EcoString;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::flag::FlagDefinition;
use crate::document::flag::form::is_flag;
use crate::document::flag::parse::parse_flag;
use crate::document::origin::DocumentOrigin;
use crate::document::preamble::defaults::DocumentDefaults;
use crate::document::syntax_tree::Node;

/// Parses a list of flags. Of equal keys in one flag set the last one wins.
pub fn parse_flag_list(
    items: Vec<Node>,
    defaults: &DocumentDefaults,
    origin: &DocumentOrigin,
    report: &mut DiagnosticSink,
) -> Vec<FlagDefinition> {
    let mut flags: Vec<FlagDefinition> = Vec::with_capacity(items.len());
    let mut index: HashMap<(EcoString, Option<EcoString>), usize> = HashMap::new();
    for item in items {
        let position = item.position;
        let Some(key) = list_item_key(&item) else {
            let message = "a flag in the list has no `key`, ignored";
            report.error(Code::FlagKey, position, message, key_help(&item));
            continue;
        };
        report.set_flag(Some(&key));
        let flag = parse_flag(key, position, item, defaults, origin, report);
        report.set_flag(None);
        let identity = (flag.key.clone(), flag.flag_set_id().map(Into::into));
        let earlier = index.get(&identity).and_then(|i| flags.get_mut(*i));
        if let Some(earlier) = earlier {
            let message = format!("flag `{}` is defined twice in the list", flag.key);
            report.warn(
                Code::DuplicateKey,
                position,
                message,
                "the last definition wins; remove the other one",
            );
            *earlier = flag;
            continue;
        }
        index.insert(identity, flags.len());
        flags.push(flag);
    }
    flags
}

/// The help for an item without a key: the member that is probably meant as its key.
fn key_help(item: &Node) -> String {
    if let Some(member) = item.single_member()
        && is_flag(&member.value)
    {
        let key = &member.key;
        return format!(
            "add a `key`: write `key: {key}` beside the fields of `{key}`, or write `flags` as an object"
        );
    }
    let name = |field: &str| Some((field.to_owned(), item.member_ignore_case(field)?.as_text()?));
    match ["name", "id", "flag", "flagKey"].into_iter().find_map(name) {
        Some((field, name)) => format!("add a `key`: write `key: {name}` in place of `{field}`"),
        None => "add a `key`".to_owned(),
    }
}

fn list_item_key(item: &Node) -> Option<EcoString> {
    let members = item.as_map()?;
    let key = members.iter().find(|m| m.key.eq_ignore_ascii_case("key"))?;
    let key = key.value.as_text()?;
    (!key.is_empty()).then(|| key.into())
}
