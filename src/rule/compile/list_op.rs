//! Compiles list operations.

use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::EvalError;
use crate::rule::Rule;
use crate::rule::compile::Compiler;
use crate::rule::operator::list_op::ListOp;
use crate::rule::operator::list_op::ListOpKind;
use crate::rule::operator::list_op::ListOpOperand;
use crate::rule::syntax::JsonLogicNode;
use crate::value::OwnedValue;

impl Compiler<'_> {
    pub(super) fn list_op(&mut self, kind: ListOpKind, items: &[Node]) -> Rule {
        let lacking = match kind {
            ListOpKind::Map | ListOpKind::Filter => items.len() < 2,
            ListOpKind::Reduce => items.len() < 3,
            ListOpKind::All | ListOpKind::Some | ListOpKind::None => false,
        };
        if lacking {
            let empty = OwnedValue::List(Box::default());
            let reduced = kind == ListOpKind::Reduce;
            return Rule::from_literal(if reduced {
                OwnedValue::Number(0.0)
            } else {
                empty
            });
        }
        let Some((subject, rest)) = items.split_first() else {
            return Rule::Invalid(EvalError::InvalidArguments);
        };
        let subject = match JsonLogicNode::from_node(subject) {
            // The items of a list that is written out are values, even if they look like operations.
            JsonLogicNode::List(_) => Some(Rule::from_literal(subject.to_owned_value())),
            JsonLogicNode::Operation(_) => Some(self.compile_rule(subject)),
            JsonLogicNode::Value(node) => node.as_map().map(|_| self.compile_rule(node)),
        };
        let bare = is_var(items.first());
        let subject = subject.map(|rule| ListOpOperand {
            rule,
            is_bare_var: bare,
        });
        let initial = match rest.get(1) {
            Some(node) if !matches!(node.kind, NodeKind::List(_)) => self.compile_rule(node),
            _ => Rule::Invalid(EvalError::InvalidArguments),
        };
        let outer = std::mem::replace(&mut self.in_list_op, true);
        let body = match rest.first() {
            Some(node) if matches!(kind, ListOpKind::Map | ListOpKind::Filter) => {
                self.compile_rule(node)
            }
            Some(node) if node.as_map().is_some() => self.compile_rule(node),
            _ => Rule::Invalid(EvalError::InvalidArguments),
        };
        self.in_list_op = outer;
        let bare = is_var(rest.first());
        let body = ListOpOperand {
            rule: body,
            is_bare_var: bare,
        };
        Rule::ListOp(Box::new(ListOp {
            kind,
            input: subject,
            body,
            initial,
        }))
    }
}

fn is_var(node: Option<&Node>) -> bool {
    let member = node.and_then(Node::single_member);
    member.is_some_and(|member| &*member.key == "var")
}
