//! Compiles list operations.

use crate::document::node::Kind;
use crate::document::node::Node;
use crate::rule::Fault;
use crate::rule::Rule;
use crate::rule::compile::Compiler;
use crate::rule::each::Each;
use crate::rule::each::EachKind;
use crate::rule::each::Part;
use crate::rule::expr::Expr;
use crate::value::Literal;

impl Compiler<'_> {
    pub(super) fn each(&mut self, kind: EachKind, items: &[Node]) -> Rule {
        let lacking = match kind {
            EachKind::Map | EachKind::Filter => items.len() < 2,
            EachKind::Reduce => items.len() < 3,
            EachKind::All | EachKind::Some | EachKind::None => false,
        };
        if lacking {
            let empty = Literal::List(Box::default());
            let reduced = kind == EachKind::Reduce;
            return Rule::constant(if reduced { Literal::Number(0.0) } else { empty });
        }
        let Some((subject, rest)) = items.split_first() else {
            return Rule::Fault(Fault::Arguments);
        };
        let subject = match Expr::of(subject) {
            // The items of a list that is written out are values, even if they look like operations.
            Expr::List(_) => Some(Rule::constant(subject.to_literal())),
            Expr::Operation(_) => Some(self.rule(subject)),
            Expr::Value(node) => node.as_map().map(|_| self.rule(node)),
        };
        let bare = is_var(items.first());
        let subject = subject.map(|rule| Part { rule, bare });
        let initial = match rest.get(1) {
            Some(node) if !matches!(node.kind, Kind::List(_)) => self.rule(node),
            _ => Rule::Fault(Fault::Arguments),
        };
        let outer = std::mem::replace(&mut self.in_list, true);
        let body = match rest.first() {
            Some(node) if matches!(kind, EachKind::Map | EachKind::Filter) => self.rule(node),
            Some(node) if node.as_map().is_some() => self.rule(node),
            _ => Rule::Fault(Fault::Arguments),
        };
        self.in_list = outer;
        let bare = is_var(rest.first());
        let body = Part { rule: body, bare };
        Rule::Each(Box::new(Each {
            kind,
            subject,
            body,
            initial,
        }))
    }
}

fn is_var(node: Option<&Node>) -> bool {
    let member = node.and_then(Node::only_member);
    member.is_some_and(|member| &*member.key == "var")
}
