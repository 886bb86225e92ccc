//! Makes forms of nodes: what decides keeps its structure, what asks one attribute becomes a question, and what is
//! neither can be anything.

use std::cell::OnceCell;

use crate::document::flag::Flag;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::rule::Rule;
use crate::rule::expr::Expr;
use crate::rule::fractional;
use crate::rule::operator::Operator;
use crate::study::ask::Question;
use crate::study::form::Clause;
use crate::study::form::Form;
use crate::study::form::Result as Answer;
use crate::study::form::Site;
use crate::study::form::SiteKind;
use crate::study::program::Atom;
use crate::study::program::Program;
use crate::study::program::Want;
use crate::study::space::Outside;
use crate::study::space::Part;
use crate::study::space::Space;
use crate::study::unit;
use crate::study::unit::By;
use crate::study::unit::Split;
use crate::study::uses;
use crate::study::uses::Flow;
use crate::study::uses::Foreign;
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

    /// A question about one attribute at the most, or else whatever can be made of it.
    fn question(&mut self, node: &'d Node, want: Want) -> Form {
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

    fn hidden(&mut self, node: &'d Node, foreign: &Foreign) -> Form {
        let why = Outside {
            file: self.program.file.clone(),
            place: foreign.place,
            what: format!("{} cannot be reasoned about", foreign.what),
        };
        Form::Hidden(self.space.hide(node, why))
    }

    /// Whether one of the named attributes is null.
    fn missing(&mut self, node: &'d Node, member: &'d Member) -> Form {
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

    fn split(&mut self, node: &'d Node, site: Option<usize>) -> Form {
        let question = Question::new(node, &self.flag.key);
        let split = match question.rule() {
            Rule::Split(parts) => parts,
            Rule::Fault(_) => return Form::Fault,
            _ => {
                let foreign = Foreign {
                    place: node.place,
                    what: "a `fractional` with computed shares".to_owned(),
                };
                return self.hidden(node, &foreign);
            }
        };
        let (split, values) = &**split;
        let mut indices: Vec<(u16, usize)> = Vec::new();
        for (path, slot) in question.slots() {
            indices.push((slot, self.space.attribute(&path)));
        }
        let find = |slot: u16| indices.iter().find(|(s, _)| *s == slot).map(|(_, at)| *at);
        let by = unit::by(&split.key, find).unwrap_or_else(|| {
            let foreign = Foreign {
                place: node.place,
                what: "what this `fractional` buckets by".to_owned(),
            };
            By::Hidden(self.hide_key(node, &foreign))
        });
        let targeting_key = self.space.attribute("targetingKey");
        self.hashed(&by, targeting_key);
        let shares: Vec<Literal> = values.iter().filter_map(Rule::as_constant).collect();
        let sites = site.map(|site| self.shares(node, site, split, shares.len()));
        Form::Split(Box::new(Split {
            by,
            flag_key: self.flag.key.clone(),
            targeting_key,
            bounds: split.bounds.clone(),
            shares,
            sites,
        }))
    }

    /// The expression that a `fractional` buckets by, as one that can be anything.
    fn hide_key(&mut self, node: &'d Node, foreign: &Foreign) -> usize {
        let key = node.only_member().and_then(|m| uses::arguments(m).first());
        let why = Outside {
            file: self.program.file.clone(),
            place: foreign.place,
            what: format!("{} cannot be reasoned about", foreign.what),
        };
        self.space.hide(key.unwrap_or(node), why)
    }

    fn hashed(&mut self, by: &By, targeting_key: usize) {
        let parts = match by {
            By::Identity | By::Hidden(_) => vec![targeting_key],
            By::Attribute(at) => vec![*at, targeting_key],
            By::Joined(parts) => parts
                .iter()
                .filter_map(|part| match part {
                    Part::Attribute(at) => Some(*at),
                    Part::Text(_) | Part::Hidden(_) => None,
                })
                .collect(),
        };
        for at in parts {
            if let Some(attribute) = self.space.attributes.get_mut(at) {
                attribute.hashed = true;
            }
        }
    }

    /// The sites of the shares; the first one's index.
    fn shares(
        &mut self,
        node: &'d Node,
        parent: usize,
        split: &fractional::Split,
        count: usize,
    ) -> usize {
        let first = self.program.sites.len();
        let items = node.only_member().map_or(&[][..], uses::arguments);
        let written = items.get(items.len() - count.min(items.len())..);
        let mut below = 0;
        for (at, bound) in split.bounds.iter().enumerate() {
            let item = written.and_then(|written| written.get(at));
            let weight = bound - below;
            below = *bound;
            self.site(Site {
                kind: SiteKind::Share { index: at, weight },
                node: item.unwrap_or(node),
                parent: Some(parent),
            });
        }
        first
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
