//! Checks operations with other members beside them: they are values.

use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::rule::compile::Compiler;
use crate::rule::operator::Operator;

impl Compiler<'_> {
    /// Reports an object of several members one of which is an operator: it is a value and not an operation.
    pub(in crate::rule::compile) fn check_object(&mut self, node: &Node) {
        let members = node.as_map().unwrap_or_default();
        let Some(operator) = operator_in(members).filter(|_| members.len() > 1) else {
            return;
        };
        let Some(other) = members.iter().find(|m| m.key != operator.key) else {
            return;
        };
        let message = format!(
            "`{}` has `{}` beside it in the rule of flag `{}`: an object of several members is a value, not an operation",
            operator.key, other.key, self.flag_key
        );
        let help = match (&*operator.key, &*other.key) {
            ("if" | "?:", _) => "write `{ \"if\": [CONDITION, THEN, ELSE] }`, a list of all parts",
            ("var", _) => "close `{ \"var\": NAME }` before the next member",
            _ => "write each operation as an object of its own; combine them with `and` or `or`",
        };
        self.report_invalid_rule(other.position, message, help);
    }
}

/// The first member whose key is an operator.
pub(super) fn operator_in(members: &[Member]) -> Option<&Member> {
    members.iter().find(|member| is_operator(&member.key))
}

/// Returns true if an operator has this name.
pub(super) fn is_operator(key: &str) -> bool {
    Operator::names().any(|name| name == key)
}
