//! Makes forms of nodes: what decides keeps its structure, what asks one attribute becomes a question, and what is
//! neither can be anything.

mod question;
mod split;

use crate::document::flag::Flag;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::rule::expr::Expr;
use crate::study::form::Clause;
use crate::study::form::Form;
use crate::study::form::Result as Answer;
use crate::study::form::Site;
use crate::study::form::SiteKind;
use crate::study::program::Program;
use crate::study::program::Want;
use crate::study::space::Space;
use crate::study::uses;
use crate::value::Literal;

/// The form of a flag's rule.
pub fn root<'d>(
    node: &'d Node,
    flag: &'d Flag,
    program: &mut Program<'d>,
    space: &mut Space,
) -> Answer {
    let mut builder = Builder {
        flag,
        program,
        space,
    };
    builder.answer(node, SiteKind::Root, None)
}

/// The form of a condition.
pub fn condition<'d>(
    node: &'d Node,
    flag: &'d Flag,
    program: &mut Program<'d>,
    space: &mut Space,
) -> Form {
    let mut builder = Builder {
        flag,
        program,
        space,
    };
    builder.form(node, Want::Truth, None)
}

struct Builder<'b, 'd> {
    flag: &'d Flag,
    program: &'b mut Program<'d>,
    space: &'b mut Space,
}

impl<'d> Builder<'_, 'd> {
    fn site(&mut self, site: Site<'d>) -> usize {
        self.program.sites.push(site);
        self.program.sites.len() - 1
    }

    /// An answer of the flag, inside of the branch `parent`.
    fn answer(&mut self, node: &'d Node, kind: SiteKind, parent: Option<usize>) -> Answer {
        let site = Some(self.site(Site { kind, node, parent }));
        let form = self.form(node, Want::Leaf, site);
        Answer { form, site }
    }

    /// The form of an expression. `site` is its own, if it is an answer.
    fn form(&mut self, node: &'d Node, want: Want, site: Option<usize>) -> Form {
        let member = match Expr::of(node) {
            Expr::Value(node) => return Form::Constant(node.to_literal()),
            Expr::List(_) => return self.question(node, want),
            Expr::Operation(member) => member,
        };
        match (&*member.key, &member.value.kind) {
            ("if" | "?:", Kind::List(items)) => self.branches(node, items, want, site),
            ("and", Kind::List(items)) if !items.is_empty() => Form::And(
                items
                    .iter()
                    .map(|item| self.form(item, want, None))
                    .collect(),
            ),
            ("or", Kind::List(items)) if !items.is_empty() => Form::Or(
                items
                    .iter()
                    .map(|item| self.form(item, want, None))
                    .collect(),
            ),
            ("!" | "!!", _) if is_plain(member) => match uses::arguments(member).first() {
                Some(item) => {
                    let inner = self.form(item, Want::Truth, None);
                    Form::Not(Box::new(inner), &*member.key == "!!")
                }
                None => self.question(node, want),
            },
            ("fractional" | "fractionalEvaluation", _) => self.split(node, site),
            ("missing", _) if want == Want::Truth => self.missing(node, member),
            _ => self.question(node, want),
        }
    }

    fn branches(
        &mut self,
        node: &'d Node,
        items: &'d [Node],
        want: Want,
        site: Option<usize>,
    ) -> Form {
        let mut clauses = Vec::new();
        let mut last = None;
        for (at, clause) in items.chunks(2).enumerate() {
            match clause {
                [condition, then] => clauses.push(Clause {
                    condition: self.form(condition, Want::Truth, None),
                    then: self.result(then, SiteKind::Then(at), want, site),
                }),
                [otherwise] => last = Some(self.result(otherwise, SiteKind::Else, want, site)),
                _ => {}
            }
        }
        let last = last.unwrap_or_else(|| {
            let site = site.map(|parent| {
                self.site(Site {
                    kind: SiteKind::Nothing,
                    node,
                    parent: Some(parent),
                })
            });
            let form = Form::Constant(Literal::Null);
            Answer { form, site }
        });
        Form::If(clauses, Box::new(last))
    }

    fn result(
        &mut self,
        node: &'d Node,
        kind: SiteKind,
        want: Want,
        parent: Option<usize>,
    ) -> Answer {
        match parent {
            Some(parent) => self.answer(node, kind, Some(parent)),
            None => Answer {
                form: self.form(node, want, None),
                site: None,
            },
        }
    }
}

/// Whether a negation sees the value that stands there, and not the first item of a list that it happens to be.
fn is_plain(member: &Member) -> bool {
    match &member.value.kind {
        Kind::List(items) => items.len() == 1,
        _ => is_truth(&member.value),
    }
}

/// Whether an expression can only yield a truth value or null.
fn is_truth(node: &Node) -> bool {
    let Some(member) = node.only_member() else {
        return matches!(node.kind, Kind::Bool(_) | Kind::Null);
    };
    match (&*member.key, &member.value.kind) {
        ("and" | "or", Kind::List(items)) => items.iter().all(is_truth),
        (name, _) => uses::decides(name),
    }
}
