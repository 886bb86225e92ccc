//! Parses single settings of a configuration, such as strings, lists, paths and choices, and reports wrong types.

use std::path::PathBuf;

use crate::diag;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// Passes each known member of an object to `then`, and reports the others.
pub fn for_each_known_member(
    node: &Node,
    known: &[&'static str],
    report: &mut DiagnosticSink,
    mut then: impl FnMut(&'static str, &Node, &mut DiagnosticSink),
) {
    let Some(members) = node.as_map() else {
        if !matches!(node.kind, NodeKind::Null) {
            report_wrong_type(node, "an object", report);
        }
        return;
    };
    for member in members {
        if let Some(name) = known.iter().find(|name| **name == &*member.key) {
            then(name, &member.value, report);
            continue;
        }
        let help = match diag::closest_match(&member.key, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        let message = format!("there is no setting `{}`", member.key);
        report.error(Code::Configuration, member.position, message, help);
    }
}

/// Reports that a setting is of another type.
pub fn report_wrong_type(node: &Node, want: &str, report: &mut DiagnosticSink) {
    let message = format!("this is {}, must be {want}", node.type_name());
    report.error(Code::Configuration, node.position, message, "");
}

/// Parses a string that is not empty.
pub fn parse_string(node: &Node, report: &mut DiagnosticSink) -> Option<String> {
    let text = node.as_text().filter(|text| !text.is_empty());
    if text.is_none() {
        report_wrong_type(node, "a string that is not empty", report);
    }
    text.map(ToOwned::to_owned)
}

/// Parses a list of strings with their positions; one string alone is a list of one.
pub fn parse_strings_with_positions(
    node: &Node,
    report: &mut DiagnosticSink,
) -> Vec<(String, Position)> {
    let items = match &node.kind {
        NodeKind::List(items) => items,
        NodeKind::Text(_) => std::slice::from_ref(node),
        _ => {
            report_wrong_type(node, "a list of strings", report);
            return Vec::new();
        }
    };
    let read = items
        .iter()
        .filter_map(|item| Some((parse_string(item, report)?, item.position)));
    read.collect()
}

/// Parses a list of strings; one string alone is a list of one.
pub fn parse_strings(node: &Node, report: &mut DiagnosticSink) -> Vec<String> {
    parse_strings_with_positions(node, report)
        .into_iter()
        .map(|(text, _)| text)
        .collect()
}

/// Parses a list of paths; one path alone is a list of one.
pub fn parse_paths(node: &Node, report: &mut DiagnosticSink) -> Vec<PathBuf> {
    parse_strings(node, report)
        .into_iter()
        .map(PathBuf::from)
        .collect()
}

/// Parses one of the `known` names to its value.
pub fn parse_choice<T: Copy>(
    node: &Node,
    known: &[(&str, T)],
    report: &mut DiagnosticSink,
) -> Option<T> {
    let said = node.as_text().unwrap_or("");
    let found = known.iter().find(|(name, _)| *name == said);
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let help = match diag::closest_match(said, names.iter().copied()) {
            Some(meant) if !said.is_empty() => format!("did you mean `{meant}`?"),
            _ => format!("write one of {}", names.join(", ")),
        };
        let message = format!("`{said}` is not known here");
        report.error(Code::Configuration, node.position, message, help);
    }
    found.map(|(_, value)| *value)
}
