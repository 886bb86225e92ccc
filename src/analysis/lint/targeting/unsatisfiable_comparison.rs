//! Lint: comparisons of an attribute that no value satisfies, or every value, because their arguments are in the wrong
//! order or of the wrong type.

use crate::analysis::engine::condition_truth;
use crate::analysis::engine::condition_truth::FixedTruth;
use crate::analysis::flag_file::flag_view::FlagView;
use crate::analysis::format;
use crate::analysis::lint::targeting::condition_visitor::VisitedNode;
use crate::analysis::lint::targeting::constant_condition::is_constant;
use crate::analysis::lint::targeting::visit;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::serialize::flagd_targeting_json;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::syntax::JsonLogicNode;

/// The maximum length of an argument in a suggestion, in bytes.
const MAX_ARGUMENT_BYTES: usize = 80;

/// Reports `visited` if it is such a comparison; returns true if it is.
pub fn check(
    subject: &FlagView<'_>,
    visited: VisitedNode<'_, '_>,
    report: &mut DiagnosticSink,
) -> bool {
    let node = visited.node;
    let JsonLogicNode::Operation(member) = JsonLogicNode::from_node(node) else {
        return false;
    };
    let flag = &subject.flag.key;
    let condition = format::format_condition(node);
    if let Some((searched, help)) = swapped_text(member) {
        let absent = match &*member.key {
            "in" => ", and fails with an error for contexts without the attribute",
            _ => "",
        };
        let message = format!(
            "`{condition}` in flag `{flag}` looks for the attribute in the constant `{searched}`, not for the constant \
             in the attribute{absent}"
        );
        report.error(Code::UnsatisfiableComparison, node.position, message, help);
        return true;
    }
    let Some(help) = suspicion(member) else {
        return false;
    };
    let truth = match condition_truth::fixed_truth(node, subject.flag) {
        Some(FixedTruth::Never) => "holds for no value of the attribute",
        Some(FixedTruth::Always) => "holds for every value of the attribute",
        None => return false,
    };
    let message = format!("`{condition}` in flag `{flag}` {truth}");
    report.error(Code::UnsatisfiableComparison, node.position, message, help);
    true
}

/// A constant text that is searched for an attribute, and the help.
fn swapped_text(member: &Member) -> Option<(&str, String)> {
    let operator = &*member.key;
    let [first, second] = member.arguments() else {
        return None;
    };
    let reads = |node: &Node| !visit::caller_attributes(node).is_empty();
    match operator {
        "starts_with" | "ends_with" if reads(second) => {
            let text = first.as_text()?;
            let swapped = format_operation(operator, &[second, first]);
            Some((text, format!("write the attribute first: `{swapped}`")))
        }
        "in" if reads(first) => {
            let text = second.as_text()?;
            if let Some(list) = separated_list(text) {
                let help = format!("write a list: `{{\"in\": [{}, {list}]}}`", json(first));
                return Some((text, help));
            }
            let swapped = format_operation("in", &[second, first]);
            let list = format!("{{\"in\": [{}, [{}]]}}", json(first), json(second));
            let help = format!(
                "to find the text in the attribute, write `{swapped}`; for an equal text, write `{list}`"
            );
            Some((text, help))
        }
        _ => None,
    }
}

/// The list that a text with separators is meant to be.
fn separated_list(text: &str) -> Option<String> {
    let separator = [',', ';', '|'].into_iter().find(|c| text.contains(*c))?;
    let parts = text
        .split(separator)
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let parts: Vec<String> = parts.map(|part| format!("{part:?}")).collect();
    (parts.len() > 1).then(|| format!("[{}]", parts.join(", ")))
}

/// The help for a comparison that probably has a fixed result; `None` for ordinary comparisons, and for those whose
/// arguments loading checks.
fn suspicion(member: &Member) -> Option<String> {
    let operator = &*member.key;
    let items = member.arguments();
    if items.iter().all(is_constant) {
        return None;
    }
    let is_list = |node: &Node| matches!(node.kind, NodeKind::List(_));
    let is_collection = |node: &Node| matches!(node.kind, NodeKind::List(_) | NodeKind::Map(_));
    match (operator, items) {
        ("==" | "!=" | "===" | "!==", [a, b]) => {
            let constants = [a, b].map(|node| is_constant(node) && is_collection(node));
            let (attribute, list) = match constants {
                [true, false] => (b, a),
                [false, true] => (a, b),
                _ => return None,
            };
            let among = format_operation("in", &[attribute, list]);
            Some(match (is_list(list), operator.starts_with('!')) {
                (true, false) => format!("a list equals nothing; write `{among}`"),
                (true, true) => format!("a list equals nothing; write `{{\"!\": [{among}]}}`"),
                (false, _) => "an object equals nothing; compare its members".to_owned(),
            })
        }
        ("<" | "<=" | ">" | ">=", items) => {
            let wrong = items.iter().any(|n| is_constant(n) && is_collection(n));
            wrong.then(|| "compare with a number or a text".to_owned())
        }
        ("in", [needle, hay]) if is_constant(needle) && is_list(needle) => {
            let swapped = format_operation("in", &[hay, needle]);
            Some(format!("the list is the second argument: `{swapped}`"))
        }
        ("contains_all" | "contains_any" | "contains_none", [_, wanted]) => {
            let usual = !is_constant(wanted) || is_list(wanted);
            (!usual).then(|| "the second argument is a list of values".to_owned())
        }
        _ => None,
    }
}

/// An operation as compact JSON.
fn format_operation(operator: &str, items: &[&Node]) -> String {
    let items: Vec<String> = items.iter().map(|node| json(node)).collect();
    format!("{{\"{operator}\": [{}]}}", items.join(", "))
}

/// A node as compact JSON; a long one as an ellipsis.
fn json(node: &Node) -> String {
    let mut text = String::new();
    flagd_targeting_json::write_targeting(&mut text, node);
    if text.len() > MAX_ARGUMENT_BYTES {
        "…".clone_into(&mut text);
    }
    text
}
