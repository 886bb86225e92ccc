//! What asks the context: a question about one attribute, an operator over what has few values, or anything.

use std::cell::OnceCell;

use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::rule::Rule;
use crate::rule::operator::Operator;
use crate::study::ask::Question;
use crate::study::form::Form;
use crate::study::program::Atom;
use crate::study::program::Want;
use crate::study::program::build::Builder;
use crate::study::space::Outside;
use crate::study::uses;
use crate::study::uses::Flow;
use crate::study::uses::Foreign;

impl<'d> Builder<'_, 'd> {
    /// A question about one attribute at the most, or else whatever can be made of it.
    pub(super) fn question(&mut self, node: &'d Node, want: Want) -> Form {
        let question = Question::new(node, &self.flag.key);
        if let Some(constant) = question.rule().as_constant() {
            return Form::Constant(constant);
        }
        if let Rule::Fault(_) = question.rule() {
            return Form::Fault;
        }
        let paths = question.paths().unwrap_or_default();
        let flow = match want {
            Want::Truth => Flow::Truth,
            Want::Leaf => Flow::Answer(&self.flag.variants),
            Want::Value => Flow::Value,
        };
        let asked = match (&*paths, uses::collect(node, flow)) {
            ([path], Ok(questions)) => {
                let attribute = self.space.attribute(path);
                let uses = self
                    .space
                    .attributes
                    .get_mut(attribute)
                    .map(|a| &mut a.uses);
                let noted = uses.map_or(Ok(()), |uses| {
                    questions.iter().try_for_each(|q| uses.note(q.flow))
                });
                noted.map(|()| attribute)
            }
            ([], Ok(_)) => Err(Foreign {
                place: node.place,
                what: "a `var` that reads the whole context".to_owned(),
            }),
            (_, Err(foreign)) => Err(foreign),
            (_, Ok(_)) => Err(Foreign {
                place: node.place,
                what: "a comparison of several attributes".to_owned(),
            }),
        };
        match asked {
            Ok(attribute) => {
                self.program.atoms.push(Atom {
                    node,
                    attribute,
                    question,
                    truths: OnceCell::new(),
                    leaves: OnceCell::new(),
                    values: OnceCell::new(),
                });
                Form::Atom(self.program.atoms.len() - 1)
            }
            Err(foreign) => self
                .inside(node)
                .unwrap_or_else(|| self.hidden(node, &foreign)),
        }
    }

    /// An operator over forms of which each has finitely many values.
    fn inside(&mut self, node: &'d Node) -> Option<Form> {
        let member = node.only_member()?;
        let operator = Operator::named(&member.key).filter(|operator| operator.is_pure())?;
        let Kind::List(items) = &member.value.kind else {
            return None;
        };
        if !items.iter().all(is_finite) {
            return None;
        }
        let forms = items.iter().map(|item| self.form(item, Want::Value, None));
        let forms: Vec<Form> = forms.collect();
        (!forms.iter().any(Form::hides)).then_some(Form::Apply(operator, forms))
    }

    pub(super) fn hidden(&mut self, node: &'d Node, foreign: &Foreign) -> Form {
        let why = Outside {
            file: self.program.file.clone(),
            place: foreign.place,
            what: format!("{} cannot be reasoned about", foreign.what),
        };
        Form::Hidden(self.space.hide(node, why))
    }

    /// Whether one of the named attributes is null.
    pub(super) fn missing(&mut self, node: &'d Node, member: &'d Member) -> Form {
        let names = uses::arguments(member);
        let plain = |name: &Node| {
            let name = name.as_text().map(uses::dotted);
            name.is_some_and(|name| !name.is_empty() && !name.starts_with("$flagd"))
        };
        if names.is_empty() || !names.iter().all(plain) {
            return self.question(node, Want::Truth);
        }
        let present = names.iter().map(|name| {
            let attribute = self
                .space
                .attribute(&uses::dotted(name.as_text().unwrap_or("")));
            Form::Absent(attribute)
        });
        Form::Or(present.collect())
    }
}

/// Whether an expression has finitely many values, whatever the context.
fn is_finite(node: &Node) -> bool {
    let Some(member) = node.only_member() else {
        return node
            .children()
            .all(|item| item.only_member().is_none() && is_finite(item));
    };
    let items = uses::arguments(member);
    match (&*member.key, &member.value.kind) {
        ("if" | "?:", Kind::List(_)) => items
            .chunks(2)
            .all(|clause| clause.last().is_some_and(is_finite)),
        ("and" | "or", Kind::List(_)) => items.iter().all(is_finite),
        ("fractional", Kind::List(_)) => true,
        (name, _) => uses::decides(name),
    }
}
