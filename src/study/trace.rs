//! How a flag came to its answer for one context: every condition that was looked at, and what it saw.
//!
//! Whoever decides here is told twice: `if`, `and`, `or` and the arguments of operators are walked on the nodes as they
//! are written, because compiled rules have forgotten their places; what an operator makes of its arguments is asked of
//! the evaluator. That both agree is tested on every recorded answer.

pub mod share;

use std::fmt::Write as _;

use bumpalo::Bump;
use ecow::EcoString;

use crate::decision::Decision;
use crate::decision::Reason;
use crate::diag::Place;
use crate::document::flag::Flag;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::rule::Fault;
use crate::rule::coerce;
use crate::rule::expr::Expr;
use crate::rule::tree;
use crate::rule::tree::Leaf;
use crate::rule::unit::Version;
use crate::ruleset;
use crate::ruleset::Plan;
use crate::study::ask::Asker;
use crate::study::show;
use crate::study::trace::share::Shares;
use crate::study::uses::arguments;
use crate::study::uses::dotted;
use crate::value::Literal;

/// How a flag came to its answer.
#[derive(Debug)]
pub struct Trace {
    /// The answer.
    pub decision: Decision,
    /// What was looked at, in that order; empty without a rule.
    pub steps: Vec<Step>,
    /// What yielded the answer: the last result, variant or share that was reached; the flag itself without a rule.
    pub decided: Decided,
}

/// What yielded the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Where it stands.
    pub place: Place,
    /// The same as a JSON Pointer into the flag's definition; `None` if the rule chose nothing.
    pub rule: Option<String>,
    /// What it is, in words.
    pub text: String,
}

/// An operation that was carried out.
#[derive(Debug)]
pub struct Step {
    /// Where it stands.
    pub place: Place,
    /// The operator.
    pub operator: String,
    /// The operation in words.
    pub text: String,
    /// What the attributes in it are that it reads itself.
    pub saw: Vec<(String, Literal)>,
    /// What its arguments were, in order.
    pub operands: Vec<Literal>,
    /// What it yielded; `None` for a fault.
    pub result: Option<Literal>,
    /// How units are shared out, for a `fractional`.
    pub shares: Option<Shares>,
    /// The operations inside of it that were carried out.
    pub steps: Vec<Step>,
}

/// How `flag`, compiled as `compiled`, comes to its answer.
pub fn trace(flag: &Flag, compiled: &ruleset::Flag, asker: &Asker) -> Trace {
    let by_flag = |decision, what: &str| Trace {
        decision,
        steps: Vec::new(),
        decided: Decided {
            place: flag.place,
            rule: None,
            text: what.to_owned(),
        },
    };
    let node = match (&compiled.plan, &flag.targeting) {
        (Plan::Targeted(_), Some(node)) => node,
        (Plan::Disabled, _) => return by_flag(asker.decide(compiled), "the flag is disabled"),
        (Plan::Faulty(_), _) => return by_flag(asker.decide(compiled), "the flag is faulty"),
        _ => return by_flag(asker.decide(compiled), "the flag has no targeting"),
    };
    let mut tracer = Tracer {
        key: &flag.key,
        asker,
        steps: Vec::new(),
        way: "/targeting".to_owned(),
        decided: Decided {
            place: node.place,
            rule: None,
            text: show::condition(node),
        },
    };
    let value = tracer.answer(node);
    let leaf = leaf(value.as_ref(), &compiled.names);
    if leaf == Leaf::Default {
        tracer.decided.rule = None;
        let default = flag.default_variant.as_deref();
        tracer.decided.text = match default {
            Some(default) => format!("nothing chosen: defaultVariant `{default}`"),
            None => "nothing chosen, and no defaultVariant".to_owned(),
        };
    }
    Trace {
        decision: compiled.decision(leaf),
        steps: tracer.steps,
        decided: tracer.decided,
    }
}

fn leaf(value: Option<&Literal>, names: &[EcoString]) -> Leaf {
    let arena = Bump::new();
    let value = value.map(|value| value.to_value(&arena));
    tree::leaf(value.ok_or(Fault::Arguments), names)
}

fn truthy(value: &Literal) -> bool {
    coerce::truthy(value.to_value(&Bump::new()))
}

struct Tracer<'t> {
    key: &'t str,
    asker: &'t Asker,
    steps: Vec<Step>,
    /// The pointer to the node that may be the answer.
    way: String,
    decided: Decided,
}

impl Tracer<'_> {
    /// The value of a node that may be the answer.
    fn answer(&mut self, node: &Node) -> Option<Literal> {
        self.decided = Decided {
            place: node.place,
            rule: Some(self.way.clone()),
            text: show::condition(node),
        };
        if let Some((member, items)) = branches(node) {
            let _ = write!(self.way, "/{}", member.key);
            return self.inside(member, node, |tracer| tracer.branch(items, true));
        }
        let value = self.value(node);
        self.note_share(node);
        value
    }

    /// Where a node that may be the answer is a `fractional`, its share has decided.
    fn note_share(&mut self, node: &Node) {
        let Expr::Operation(member) = Expr::of(node) else {
            return;
        };
        let shares = self.steps.last().and_then(|step| step.shares.as_ref());
        let shares = shares.filter(|_| is_fractional(&member.key));
        if let Some(shares) = shares
            && let Some((at, chosen)) = shares.chosen()
        {
            self.decided.text = format!("the share {} of `fractional`", show::value(&chosen.value));
            let first = arguments(member).len().saturating_sub(shares.shares.len());
            // An older spelling is `fractional` in the definition.
            self.decided.rule = Some(format!("{}/fractional/{}", self.way, first + at));
        }
    }

    /// The value of a node; `None` for a fault.
    fn value(&mut self, node: &Node) -> Option<Literal> {
        let member = match Expr::of(node) {
            Expr::Value(node) => return Some(node.to_literal()),
            Expr::List(items) => {
                let values: Option<Vec<Literal>> = items.iter().map(|i| self.value(i)).collect();
                return values.map(|values| Literal::List(values.into()));
            }
            Expr::Operation(member) => member,
        };
        let own = || self.asker.value(node, self.key);
        match (&*member.key, &member.value.kind) {
            ("var", _) => own(),
            ("if" | "?:", Kind::List(items)) => {
                self.inside(member, node, |tracer| tracer.branch(items, false))
            }
            ("and", Kind::List(items)) => {
                self.inside(member, node, |tracer| tracer.until(items, false))
            }
            ("or", Kind::List(items)) => {
                self.inside(member, node, |tracer| tracer.until(items, true))
            }
            // What runs over a list has another context inside; it is one step.
            ("map" | "filter" | "reduce" | "all" | "some" | "none", _) => {
                let value = own();
                self.inside(member, node, |_| value)
            }
            _ => self.eager(member, node),
        }
    }

    /// An operator that evaluates all its arguments.
    fn eager(&mut self, member: &Member, node: &Node) -> Option<Literal> {
        let result = self.asker.value(node, self.key);
        let before = std::mem::take(&mut self.steps);
        let values = arguments(member).iter().map(|item| self.value(item));
        let values: Vec<Option<Literal>> = values.collect();
        let steps = std::mem::replace(&mut self.steps, before);
        let operands: Option<Vec<Literal>> = values.into_iter().collect();
        let operands = operands.unwrap_or_default();
        // What is told of buckets is told of the second version.
        let told = is_fractional(&member.key) && self.asker.fractional == Version::V2;
        let shares = told.then(|| share::shares(&operands, self.key, self.asker));
        let shares = shares.flatten();
        let shares = shares.filter(|shares| shares.yields(result.as_ref()));
        let mut step = self.step(member, node, result.clone());
        step.operands = operands;
        step.shares = shares;
        step.steps = steps;
        self.steps.push(step);
        result
    }

    /// A step with others inside.
    fn inside(
        &mut self,
        member: &Member,
        node: &Node,
        run: impl FnOnce(&mut Self) -> Option<Literal>,
    ) -> Option<Literal> {
        let before = std::mem::take(&mut self.steps);
        let result = run(self);
        let steps = std::mem::replace(&mut self.steps, before);
        let mut step = self.step(member, node, result.clone());
        step.steps = steps;
        self.steps.push(step);
        result
    }

    fn step(&self, member: &Member, node: &Node, result: Option<Literal>) -> Step {
        let mut saw = Vec::new();
        let own = arguments(member).iter().filter_map(variable);
        for name in own {
            let value = self.asker.at(&name);
            if !saw.iter().any(|(known, _)| *known == name) {
                saw.push((name, value));
            }
        }
        Step {
            place: node.place,
            operator: member.key.to_string(),
            text: show::condition(node),
            saw,
            operands: Vec::new(),
            result,
            shares: None,
            steps: Vec::new(),
        }
    }

    fn branch(&mut self, items: &[Node], decides: bool) -> Option<Literal> {
        let result = |tracer: &mut Self, node: &Node, at: usize| {
            if !decides {
                return tracer.value(node);
            }
            let _ = write!(tracer.way, "/{at}");
            tracer.answer(node)
        };
        for (at, clause) in items.chunks(2).enumerate() {
            match clause {
                [condition, then] if truthy(&self.value(condition)?) => {
                    return result(self, then, 2 * at + 1);
                }
                [otherwise] => return result(self, otherwise, 2 * at),
                _ => {}
            }
        }
        Some(Literal::Null)
    }

    fn until(&mut self, items: &[Node], stop_at: bool) -> Option<Literal> {
        let mut last = Literal::Null;
        for item in items {
            last = self.value(item)?;
            if truthy(&last) == stop_at {
                break;
            }
        }
        Some(last)
    }
}

/// The member and the clauses of an `if`.
fn branches(node: &Node) -> Option<(&Member, &[Node])> {
    let Expr::Operation(member) = Expr::of(node) else {
        return None;
    };
    match (&*member.key, &member.value.kind) {
        ("if" | "?:", Kind::List(items)) => Some((member, items)),
        _ => None,
    }
}

fn is_fractional(operator: &str) -> bool {
    matches!(operator, "fractional" | "fractionalEvaluation")
}

/// The attribute that a node reads and does nothing else.
fn variable(node: &Node) -> Option<String> {
    let member = node.only_member().filter(|member| &*member.key == "var")?;
    let name = arguments(member).first()?.as_text()?;
    Some(dotted(name)).filter(|name| !name.is_empty())
}

/// Why a decision is what it is, in the words of an evaluation.
pub fn reason(decision: Decision) -> &'static str {
    match decision {
        Decision::Variant(_, reason) => reason.text(),
        Decision::Disabled => "DISABLED",
        Decision::NoDefault => Reason::Default.text(),
        Decision::Error(_) => "ERROR",
    }
}
