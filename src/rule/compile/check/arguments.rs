//! Checks the number and the types of arguments.

use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::compile::Compiler;
use crate::rule::operator;
use crate::rule::syntax::JsonLogicNode;

/// An operator with the least and the largest number of arguments, and their form.
struct Signature {
    operator: &'static str,
    least: usize,
    most: usize,
    form: &'static str,
    /// True if one argument may stand without brackets.
    bare: bool,
}

const fn signature(
    operator: &'static str,
    least: usize,
    most: usize,
    form: &'static str,
) -> Signature {
    Signature {
        operator,
        least,
        most,
        form,
        bare: most == 1,
    }
}

/// `var` reads one attribute, whose name may stand without brackets.
const fn signature_of_var() -> Signature {
    Signature {
        bare: true,
        ..signature("var", 0, 2, "[NAME, DEFAULT]")
    }
}

const SIGNATURES: [Signature; 33] = [
    signature_of_var(),
    signature("==", 2, 2, "[A, B]"),
    signature("!=", 2, 2, "[A, B]"),
    signature("===", 2, 2, "[A, B]"),
    signature("!==", 2, 2, "[A, B]"),
    signature("<", 2, 3, "[A, B]"),
    signature("<=", 2, 3, "[A, B]"),
    signature(">", 2, 3, "[A, B]"),
    signature(">=", 2, 3, "[A, B]"),
    signature("!", 1, 1, "[CONDITION]"),
    signature("!!", 1, 1, "[CONDITION]"),
    signature("%", 2, 2, "[A, B]"),
    signature("abs", 1, 1, "[NUMBER]"),
    signature("in", 2, 2, "[VALUE, [A, B]]"),
    signature("starts_with", 2, 2, "[TEXT, PREFIX]"),
    signature("ends_with", 2, 2, "[TEXT, SUFFIX]"),
    signature("sem_ver", 3, 3, "[VERSION, OPERATOR, VERSION]"),
    signature("substr", 2, 3, "[TEXT, START, LENGTH]"),
    signature("contains_all", 2, 2, "[LIST, LIST]"),
    signature("contains_any", 2, 2, "[LIST, LIST]"),
    signature("contains_none", 2, 2, "[LIST, LIST]"),
    signature("missing_some", 2, 2, "[NUMBER, [A, B]]"),
    signature("map", 2, 2, "[LIST, RULE]"),
    signature("filter", 2, 2, "[LIST, CONDITION]"),
    signature("all", 2, 2, "[LIST, CONDITION]"),
    signature("some", 2, 2, "[LIST, CONDITION]"),
    signature("none", 2, 2, "[LIST, CONDITION]"),
    signature("reduce", 3, 3, "[LIST, RULE, START]"),
    signature("-", 1, usize::MAX, "[A, B]"),
    signature("*", 1, usize::MAX, "[A, B]"),
    signature("/", 1, usize::MAX, "[A, B]"),
    signature("max", 1, usize::MAX, "[A, B]"),
    signature("min", 1, usize::MAX, "[A, B]"),
];

/// Operators that may yield the list of arguments of another one.
const LIST_YIELDING: [&str; 11] = [
    "map",
    "filter",
    "merge",
    "set",
    "missing",
    "missing_some",
    "if",
    "?:",
    "and",
    "or",
    "$ref",
];

impl Compiler<'_> {
    /// Reports arguments that are missing or ignored.
    pub(super) fn check_argument_count(&mut self, member: &Member) {
        let name = &*member.key;
        let known = SIGNATURES.iter().find(|s| s.operator == name);
        let Some(signature) = known else {
            return;
        };
        let problem = match &member.value.kind {
            NodeKind::List(items) => count_problem(signature, items.len()),
            _ if signature.bare || operator::LAZY_LIST_OPERATORS.contains(&name) => None,
            _ if may_yield_list(&member.value) => None,
            _ => Some(format!(
                "has {} in place of a list of arguments",
                member.value.type_name()
            )),
        };
        let Some(problem) = problem else {
            return;
        };
        let message = format!("`{name}` in the rule of flag `{}` {problem}", self.flag_key);
        let help = format!("write `{{ \"{name}\": {} }}`", signature.form);
        self.report_invalid_rule(member.position, message, help);
    }

    /// Reports arguments of `starts_with` and `ends_with` that are no strings.
    pub(super) fn check_affix(&mut self, member: &Member) {
        let NodeKind::List(items) = &member.value.kind else {
            return;
        };
        for item in items.iter().take(2) {
            let is_text = matches!(JsonLogicNode::from_node(item), JsonLogicNode::Operation(_))
                || item.as_text().is_some();
            if !is_text {
                let message = format!(
                    "`{}` in the rule of flag `{}` compares {}, but it compares strings only",
                    member.key,
                    self.flag_key,
                    item.type_name()
                );
                let help = "write a string; test several with `or`";
                self.report_invalid_rule(item.position, message, help);
            }
        }
    }

    /// Reports a second argument of `in` that contains nothing.
    pub(super) fn check_haystack(&mut self, member: &Member) {
        let NodeKind::List(items) = &member.value.kind else {
            return;
        };
        let [_, haystack] = &**items else {
            return;
        };
        if let JsonLogicNode::Value(node) = JsonLogicNode::from_node(haystack)
            && node.as_text().is_none()
        {
            let message = format!(
                "`in` in the rule of flag `{}` searches {}, which contains nothing",
                self.flag_key,
                node.type_name()
            );
            let help =
                "write `{ \"in\": [VALUE, [A, B]] }`, with a list or a string as second argument";
            self.report_invalid_rule(node.position, message, help);
        }
    }
}

fn count_problem(signature: &Signature, count: usize) -> Option<String> {
    let plural = if count == 1 { "" } else { "s" };
    if count < signature.least {
        let least = signature.least;
        return Some(format!("has {count} argument{plural}, but needs {least}"));
    }
    let last = match signature.most {
        1 => "first",
        2 => "second",
        _ => "third",
    };
    (count > signature.most)
        .then(|| format!("has {count} arguments, and those after the {last} are ignored"))
}

/// Returns true if an argument without brackets may evaluate to the list of arguments.
fn may_yield_list(node: &Node) -> bool {
    let operation = node.single_member();
    operation.is_some_and(|member| LIST_YIELDING.contains(&&*member.key))
}
