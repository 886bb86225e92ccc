//! Compiles the list operations `map`, `filter`, `reduce`, `all`, `some` and `none`.

use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::ast::ListOp;
use crate::rule::ast::ListOpKind;
use crate::rule::ast::ListOpOperand;
use crate::rule::ast::Rule;
use crate::rule::compile::Compiler;
use crate::rule::error::EvalError;
use crate::rule::syntax::JsonLogicNode;
use crate::value::OwnedValue;

impl Compiler<'_> {
    /// `[input, body]`, and for `reduce` `[input, body, initial]`.
    pub(super) fn list_op(&mut self, kind: ListOpKind, items: &[Node]) -> Rule {
        if let Some(result) = result_of_missing_body(kind, items.len()) {
            return Rule::from_literal(result);
        }
        let Some((input, rest)) = items.split_first() else {
            return Rule::Invalid(EvalError::InvalidArguments);
        };
        let input = self.list_op_input(input).map(|rule| ListOpOperand {
            rule,
            is_bare_var: is_var(input),
        });
        let initial = match rest.get(1) {
            Some(node) if !matches!(node.kind, NodeKind::List(_)) => self.compile_rule(node),
            _ => Rule::Invalid(EvalError::InvalidArguments),
        };
        let body = rest.first();
        let body = ListOpOperand {
            rule: self.list_op_body(kind, body),
            is_bare_var: body.is_some_and(is_var),
        };
        let body_cost = body.rule.static_cost();
        Rule::ListOp(Box::new(ListOp {
            kind,
            input,
            body,
            initial,
            body_cost,
        }))
    }

    fn list_op_input(&mut self, input: &Node) -> Option<Rule> {
        match JsonLogicNode::from_node(input) {
            // The items of a literal list are values, even if they look like operations.
            JsonLogicNode::List(_) => Some(Rule::from_literal(input.to_owned_value())),
            JsonLogicNode::Operation(_) => Some(self.compile_rule(input)),
            JsonLogicNode::Value(node) => node.as_map().map(|_| self.compile_rule(node)),
        }
    }

    /// `map` and `filter` accept any body; the others require an object.
    fn list_op_body(&mut self, kind: ListOpKind, body: Option<&Node>) -> Rule {
        let any = matches!(kind, ListOpKind::Map | ListOpKind::Filter);
        let Some(body) = body else {
            return Rule::Invalid(EvalError::InvalidArguments);
        };
        if !any && body.as_map().is_none() {
            let message = format!(
                "the condition of a list operation in flag `{}` is {}, must be a rule",
                self.flag_key,
                body.type_name()
            );
            let help = "write an operation, such as `{ \"==\": [{ \"var\": \"\" }, VALUE] }`";
            self.report_invalid_rule(body.position, message, help);
            return Rule::Invalid(EvalError::InvalidArguments);
        }
        let outer = std::mem::replace(&mut self.in_list_op, true);
        let rule = self.compile_rule(body);
        self.in_list_op = outer;
        rule
    }
}

/// The constant result of an operation with too few arguments; `None` if there are enough.
fn result_of_missing_body(kind: ListOpKind, arguments: usize) -> Option<OwnedValue> {
    match kind {
        ListOpKind::Map | ListOpKind::Filter if arguments < 2 => {
            Some(OwnedValue::List(Box::default()))
        }
        ListOpKind::Reduce if arguments < 3 => Some(OwnedValue::Number(0.0)),
        _ => None,
    }
}

fn is_var(node: &Node) -> bool {
    let member = node.single_member();
    member.is_some_and(|member| &*member.key == "var")
}
