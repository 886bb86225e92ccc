//! What one setting of a configuration may be; what it is not is reported at its place.

use std::path::PathBuf;

use crate::diag;
use crate::diag::Code;
use crate::diag::Place;
use crate::diag::Report;
use crate::document::node::Kind;
use crate::document::node::Node;

/// Hands each member of an object over, and reports those that are not known.
pub fn members(
    node: &Node,
    known: &[&'static str],
    report: &mut Report,
    mut then: impl FnMut(&'static str, &Node, &mut Report),
) {
    let Some(members) = node.as_map() else {
        if !matches!(node.kind, Kind::Null) {
            wrong(node, "an object", report);
        }
        return;
    };
    for member in members {
        if let Some(name) = known.iter().find(|name| **name == &*member.key) {
            then(name, &member.value, report);
            continue;
        }
        let help = match diag::nearest(&member.key, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        let message = format!("there is no setting `{}`", member.key);
        report.error(Code::Configuration, member.place, message, help);
    }
}

/// Reports that a setting is of another type.
pub fn wrong(node: &Node, want: &str, report: &mut Report) {
    let message = format!("this is {}, must be {want}", node.type_name());
    report.error(Code::Configuration, node.place, message, "");
}

/// A string that is not empty.
pub fn text(node: &Node, report: &mut Report) -> Option<String> {
    let text = node.as_text().filter(|text| !text.is_empty());
    if text.is_none() {
        wrong(node, "a string that is not empty", report);
    }
    text.map(ToOwned::to_owned)
}

/// A list of strings; one string alone is a list of one.
pub fn located(node: &Node, report: &mut Report) -> Vec<(String, Place)> {
    let items = match &node.kind {
        Kind::List(items) => items,
        Kind::Text(_) => std::slice::from_ref(node),
        _ => {
            wrong(node, "a list of strings", report);
            return Vec::new();
        }
    };
    let read = items
        .iter()
        .filter_map(|item| Some((text(item, report)?, item.place)));
    read.collect()
}

/// The same without places.
pub fn texts(node: &Node, report: &mut Report) -> Vec<String> {
    located(node, report)
        .into_iter()
        .map(|(text, _)| text)
        .collect()
}

/// The same as paths.
pub fn paths(node: &Node, report: &mut Report) -> Vec<PathBuf> {
    texts(node, report).into_iter().map(PathBuf::from).collect()
}

/// One of a few words, with what it stands for.
pub fn choice<T: Copy>(node: &Node, known: &[(&str, T)], report: &mut Report) -> Option<T> {
    let said = node.as_text().unwrap_or("");
    let found = known.iter().find(|(name, _)| *name == said);
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let help = match diag::nearest(said, names.iter().copied()) {
            Some(meant) if !said.is_empty() => format!("did you mean `{meant}`?"),
            _ => format!("write one of {}", names.join(", ")),
        };
        let message = format!("`{said}` is not known here");
        report.error(Code::Configuration, node.place, message, help);
    }
    found.map(|(_, value)| *value)
}
