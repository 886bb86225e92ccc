//! Parses single settings of a configuration, such as strings, lists, paths and choices, and reports wrong types.

use std::path::PathBuf;

use crate::diag;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// Passes each known member of the object at `setting` to `then`, and reports the others. The whole configuration has an
/// empty `setting`.
pub fn for_each_known_member(
    node: &Node,
    setting: &str,
    known: &[&'static str],
    report: &mut DiagnosticSink,
    mut then: impl FnMut(&'static str, &Node, &mut DiagnosticSink),
) {
    let Some(members) = node.as_map() else {
        if !matches!(node.kind, NodeKind::Null) {
            report_wrong_type(node, setting, "an object", report);
        }
        return;
    };
    for member in members {
        if let Some(name) = known.iter().find(|name| **name == &*member.key) {
            then(name, &member.value, report);
            continue;
        }
        let help = diag::did_you_mean(&member.key, known.iter().copied(), || {
            format!("valid settings: {}", known.join(", "))
        });
        let message = format!("unknown setting `{}`", member.key);
        report.error(Code::Configuration, member.position, message, help);
    }
}

/// Reports that a setting has the wrong type.
pub fn report_wrong_type(node: &Node, setting: &str, want: &str, report: &mut DiagnosticSink) {
    let found = match &node.kind {
        NodeKind::Text(text) => format!("the string `{text}`"),
        _ => node.type_name().to_owned(),
    };
    let message = match setting {
        "" => format!("invalid configuration: expected {want}, found {found}"),
        _ => format!("invalid `{setting}`: expected {want}, found {found}"),
    };
    report.error(Code::Configuration, node.position, message, "");
}

/// Parses a non-empty string.
pub fn parse_string(node: &Node, setting: &str, report: &mut DiagnosticSink) -> Option<String> {
    let text = node.as_text().filter(|text| !text.is_empty());
    if text.is_none() {
        report_wrong_type(node, setting, "a non-empty string", report);
    }
    text.map(ToOwned::to_owned)
}

/// Parses a list of strings with their positions; a single string counts as a list of one.
pub fn parse_strings_with_positions(
    node: &Node,
    setting: &str,
    report: &mut DiagnosticSink,
) -> Vec<(String, Position)> {
    let items = match &node.kind {
        NodeKind::List(items) => items,
        NodeKind::Text(_) => std::slice::from_ref(node),
        _ => {
            report_wrong_type(node, setting, "a list of strings", report);
            return Vec::new();
        }
    };
    let read = items
        .iter()
        .filter_map(|item| Some((parse_string(item, setting, report)?, item.position)));
    read.collect()
}

/// Parses a list of strings; a single string counts as a list of one.
pub fn parse_strings(node: &Node, setting: &str, report: &mut DiagnosticSink) -> Vec<String> {
    parse_strings_with_positions(node, setting, report)
        .into_iter()
        .map(|(text, _)| text)
        .collect()
}

/// Parses a list of paths; a single path counts as a list of one.
pub fn parse_paths(node: &Node, setting: &str, report: &mut DiagnosticSink) -> Vec<PathBuf> {
    parse_strings(node, setting, report)
        .into_iter()
        .map(PathBuf::from)
        .collect()
}

/// Parses one of the `known` names to its value.
pub fn parse_choice<T: Copy>(
    node: &Node,
    setting: &str,
    known: &[(&str, T)],
    report: &mut DiagnosticSink,
) -> Option<T> {
    let said = node.as_text().unwrap_or("");
    let found = known.iter().find(|(name, _)| *name == said);
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let help = match diag::closest_match(said, names.iter().copied()) {
            Some(meant) if !said.is_empty() => format!("did you mean `{meant}`?"),
            _ => format!("write one of: {}", names.join(", ")),
        };
        let message = format!("invalid `{setting}`: `{said}`");
        report.error(Code::Configuration, node.position, message, help);
    }
    found.map(|(_, value)| *value)
}
