//! Checks conditions that are true for every context: lists, objects, and operations that yield the name of a variant.

use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::compile::Compiler;
use crate::rule::compile::check::object::operator_in;
use crate::rule::syntax;
use crate::rule::syntax::JsonLogicNode;

/// The number of branches that help repeats.
const SHOWN_BRANCHES: usize = 4;

impl Compiler<'_> {
    /// Reports a condition that is a list or an object: it is true for every context, whatever it contains.
    pub(super) fn check_condition(&mut self, node: &Node) {
        let what = match JsonLogicNode::from_node(node) {
            JsonLogicNode::Operation(member) => {
                if let Some(results) = constant_results(member) {
                    return self.report_always(node, &member.key, &results);
                }
                if matches!(&*member.key, "and" | "or" | "!" | "!!") {
                    let NodeKind::List(items) = &member.value.kind else {
                        return;
                    };
                    for item in items {
                        self.check_condition(item);
                    }
                }
                return;
            }
            JsonLogicNode::List([]) => return,
            JsonLogicNode::List(_) => "a list",
            JsonLogicNode::Value(node) => match node.as_map() {
                Some(members) if members.len() > 1 && operator_in(members).is_none() => "an object",
                _ => return,
            },
        };
        let message = format!(
            "a condition of flag `{}` is {what}, which is true for every context",
            self.flag_key
        );
        let help = "write one operation, such as `{ \"==\": [A, B] }`; combine several with `and`";
        self.report_invalid_rule(node.position, message, help);
    }

    /// Reports an operation in place of a condition whose results are all true.
    fn report_always(&mut self, node: &Node, operator: &str, results: &[&str]) {
        let names: Vec<String> = results.iter().map(|name| format!("`{name}`")).collect();
        let message = format!(
            "a condition of flag `{}` is the operation `{operator}`, whose results {} are true, so it always holds",
            self.flag_key,
            names.join(" and ")
        );
        let help = format!(
            "write the `{operator}` as a branch or as the whole rule, not as a condition; a condition yields true or false"
        );
        self.report_invalid_rule(node.position, message, help);
    }

    /// Reports an `if` whose arguments are pairs of a condition and a result. Returns true if it is one.
    pub(super) fn check_pairs(&mut self, items: &[Node]) -> bool {
        let parts = |item: &Node| match &item.kind {
            NodeKind::List(parts) if (1..=2).contains(&parts.len()) => Some(parts.len()),
            _ => None,
        };
        let (Some(first), Some((last, before))) = (items.first(), items.split_last()) else {
            return false;
        };
        let is_pair = |item: &Node| parts(item) == Some(2);
        let is_last = parts(last).is_some() || last.as_text().is_some();
        if !is_pair(first) || !before.iter().all(is_pair) || !is_last {
            return false;
        }
        let mut flat: Vec<String> = Vec::new();
        for item in items.iter().take(SHOWN_BRANCHES) {
            let result = item.items_or_self().last().and_then(Node::as_text);
            if is_pair(item) {
                flat.push("CONDITION".to_owned());
            }
            flat.push(result.map_or_else(|| "RESULT".to_owned(), |name| format!("\"{name}\"")));
        }
        if items.len() > SHOWN_BRANCHES {
            flat.push("…".to_owned());
        }
        let message = format!(
            "`if` of flag `{}` has a list of a condition and a result in place of a condition, which is true for every context",
            self.flag_key
        );
        let help = format!("write one flat list: `{{ \"if\": [{}] }}`", flat.join(", "));
        self.report_invalid_rule(first.position, message, help);
        true
    }
}

/// The results of a `fractional` or an `if` in place of a condition, if all of them are constant texts.
fn constant_results(member: &Member) -> Option<Vec<&str>> {
    let text = |node: &'_ Node| node.as_text().is_some_and(|text| !text.is_empty());
    let results: Vec<&Node> = if syntax::is_fractional(&member.key) {
        let shares = member.arguments().iter();
        let shares = shares.filter_map(|share| match &share.kind {
            NodeKind::List(parts) => parts.first(),
            _ => None,
        });
        shares.collect()
    } else {
        let arguments = syntax::if_arguments(member)?;
        // Without an else the operation yields null, which is false.
        if arguments.len().is_multiple_of(2) {
            return None;
        }
        arguments.chunks(2).filter_map(<[Node]>::last).collect()
    };
    if results.is_empty() || !results.iter().all(|node| text(node)) {
        return None;
    }
    Some(results.into_iter().filter_map(Node::as_text).collect())
}
