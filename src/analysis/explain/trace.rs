//! How a flag came to its answer for one context: every condition that was looked at, and what it saw.
//!
//! Whoever decides here is told twice: `if`, `and`, `or` and the arguments of operators are walked on the nodes as they
//! are written, because compiled rules have forgotten their places; what an operator makes of its arguments is asked of
//! the evaluator. That both agree is tested on every recorded answer.

pub mod fractional;

use std::fmt::Write as _;

use bumpalo::Bump;
use ecow::EcoString;

use crate::analysis::explain::trace::fractional::FractionalTrace;
use crate::analysis::format;
use crate::analysis::model::comparisons::arguments;
use crate::analysis::model::comparisons::normalize_path;
use crate::analysis::model::concrete_eval::OwnedContext;
use crate::decision::Decision;
use crate::decision::Reason;
use crate::diag::Position;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::EvalError;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::coerce;
use crate::rule::decision_tree;
use crate::rule::decision_tree::Leaf;
use crate::rule::syntax::JsonLogicNode;
use crate::ruleset;
use crate::ruleset::EvaluationPlan;
use crate::value::OwnedValue;

/// How a flag came to its answer.
#[derive(Debug)]
pub struct Trace {
    /// The answer.
    pub decision: Decision,
    /// What was looked at, in that order; empty without a rule.
    pub steps: Vec<TraceStep>,
    /// What yielded the answer: the last result, variant or share that was reached; the flag itself without a rule.
    pub decided_by: DecisionSource,
}

/// What yielded the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionSource {
    /// Where it stands.
    pub position: Position,
    /// The same as a JSON Pointer into the flag's definition; `None` if the rule chose nothing.
    pub json_pointer: Option<String>,
    /// What it is, in words.
    pub text: String,
}

/// An operation that was carried out.
#[derive(Debug)]
pub struct TraceStep {
    /// Where it stands.
    pub position: Position,
    /// The operator.
    pub operator: String,
    /// The operation in words.
    pub text: String,
    /// What the attributes in it are that it reads itself.
    pub attributes_read: Vec<(String, OwnedValue)>,
    /// What its arguments were, in order.
    pub operands: Vec<OwnedValue>,
    /// What it yielded; `None` for a fault.
    pub result: Option<OwnedValue>,
    /// How units are shared out, for a `fractional`.
    pub fractional: Option<FractionalTrace>,
    /// The operations inside of it that were carried out.
    pub substeps: Vec<TraceStep>,
}

/// How `flag`, compiled as `compiled`, comes to its answer.
pub fn trace(
    flag: &FlagDefinition,
    compiled: &ruleset::CompiledFlag,
    asker: &OwnedContext,
) -> Trace {
    let by_flag = |decision, what: &str| Trace {
        decision,
        steps: Vec::new(),
        decided_by: DecisionSource {
            position: flag.position,
            json_pointer: None,
            text: what.to_owned(),
        },
    };
    let node = match (&compiled.evaluation_plan, &flag.targeting) {
        (EvaluationPlan::Targeted(_), Some(node)) => node,
        (EvaluationPlan::Disabled, _) => {
            return by_flag(asker.decide(compiled), "the flag is disabled");
        }
        (EvaluationPlan::Faulty(_), _) => {
            return by_flag(asker.decide(compiled), "the flag is faulty");
        }
        _ => return by_flag(asker.decide(compiled), "the flag has no targeting"),
    };
    let mut tracer = Tracer {
        key: &flag.key,
        context: asker,
        steps: Vec::new(),
        json_pointer: "/targeting".to_owned(),
        decided_by: DecisionSource {
            position: node.position,
            json_pointer: None,
            text: format::format_condition(node),
        },
    };
    let value = tracer.trace_result(node);
    let leaf = leaf_for_owned_value(value.as_ref(), &compiled.variant_names);
    if leaf == Leaf::Default {
        tracer.decided_by.json_pointer = None;
        let default = flag.default_variant.as_deref();
        tracer.decided_by.text = match default {
            Some(default) => format!("nothing chosen: defaultVariant `{default}`"),
            None => "nothing chosen, and no defaultVariant".to_owned(),
        };
    }
    Trace {
        decision: compiled.decision_for_leaf(leaf),
        steps: tracer.steps,
        decided_by: tracer.decided_by,
    }
}

fn leaf_for_owned_value(value: Option<&OwnedValue>, names: &[EcoString]) -> Leaf {
    let arena = Bump::new();
    let value = value.map(|value| value.to_value(&arena));
    decision_tree::leaf_for_value(value.ok_or(EvalError::InvalidArguments), names)
}

fn truthy(value: &OwnedValue) -> bool {
    coerce::is_truthy(value.to_value(&Bump::new()))
}

struct Tracer<'t> {
    key: &'t str,
    context: &'t OwnedContext,
    steps: Vec<TraceStep>,
    /// The pointer to the node that may be the answer.
    json_pointer: String,
    decided_by: DecisionSource,
}

impl Tracer<'_> {
    /// The value of a node that may be the answer.
    fn trace_result(&mut self, node: &Node) -> Option<OwnedValue> {
        self.decided_by = DecisionSource {
            position: node.position,
            json_pointer: Some(self.json_pointer.clone()),
            text: format::format_condition(node),
        };
        if let Some((member, items)) = if_clauses(node) {
            let _ = write!(self.json_pointer, "/{}", member.key);
            return self.trace_nested(member, node, |tracer| tracer.trace_if(items, true));
        }
        let value = self.trace_value(node);
        self.record_share(node);
        value
    }

    /// Where a node that may be the answer is a `fractional`, its share has decided.
    fn record_share(&mut self, node: &Node) {
        let JsonLogicNode::Operation(member) = JsonLogicNode::from_node(node) else {
            return;
        };
        let shares = self.steps.last().and_then(|step| step.fractional.as_ref());
        let shares = shares.filter(|_| is_fractional(&member.key));
        if let Some(shares) = shares
            && let Some((at, chosen)) = shares.selected_share()
        {
            self.decided_by.text = format!(
                "the share {} of `fractional`",
                format::format_value(&chosen.value)
            );
            let first = arguments(member).len().saturating_sub(shares.shares.len());
            // An older spelling is `fractional` in the definition.
            self.decided_by.json_pointer =
                Some(format!("{}/fractional/{}", self.json_pointer, first + at));
        }
    }

    /// The value of a node; `None` for a fault.
    fn trace_value(&mut self, node: &Node) -> Option<OwnedValue> {
        let member = match JsonLogicNode::from_node(node) {
            JsonLogicNode::Value(node) => return Some(node.to_owned_value()),
            JsonLogicNode::List(items) => {
                let values: Option<Vec<OwnedValue>> =
                    items.iter().map(|i| self.trace_value(i)).collect();
                return values.map(|values| OwnedValue::List(values.into()));
            }
            JsonLogicNode::Operation(member) => member,
        };
        let own = || self.context.evaluate_node(node, self.key);
        match (&*member.key, &member.value.kind) {
            ("var", _) => own(),
            ("if" | "?:", NodeKind::List(items)) => {
                self.trace_nested(member, node, |tracer| tracer.trace_if(items, false))
            }
            ("and", NodeKind::List(items)) => self.trace_nested(member, node, |tracer| {
                tracer.trace_short_circuit(items, false)
            }),
            ("or", NodeKind::List(items)) => self.trace_nested(member, node, |tracer| {
                tracer.trace_short_circuit(items, true)
            }),
            // What runs over a list has another context inside; it is one step.
            ("map" | "filter" | "reduce" | "all" | "some" | "none", _) => {
                let value = own();
                self.trace_nested(member, node, |_| value)
            }
            _ => self.trace_eager_operator(member, node),
        }
    }

    /// An operator that evaluates all its arguments.
    fn trace_eager_operator(&mut self, member: &Member, node: &Node) -> Option<OwnedValue> {
        let result = self.context.evaluate_node(node, self.key);
        let before = std::mem::take(&mut self.steps);
        let values = arguments(member).iter().map(|item| self.trace_value(item));
        let values: Vec<Option<OwnedValue>> = values.collect();
        let steps = std::mem::replace(&mut self.steps, before);
        let operands: Option<Vec<OwnedValue>> = values.into_iter().collect();
        let operands = operands.unwrap_or_default();
        // What is told of buckets is told of the second version.
        let told =
            is_fractional(&member.key) && self.context.fractional_version == FractionalVersion::V2;
        let shares = told.then(|| fractional::trace_fractional(&operands, self.key, self.context));
        let shares = shares.flatten();
        let shares = shares.filter(|shares| shares.explains_result(result.as_ref()));
        let mut step = self.new_step(member, node, result.clone());
        step.operands = operands;
        step.fractional = shares;
        step.substeps = steps;
        self.steps.push(step);
        result
    }

    /// A step with others inside.
    fn trace_nested(
        &mut self,
        member: &Member,
        node: &Node,
        run: impl FnOnce(&mut Self) -> Option<OwnedValue>,
    ) -> Option<OwnedValue> {
        let before = std::mem::take(&mut self.steps);
        let result = run(self);
        let steps = std::mem::replace(&mut self.steps, before);
        let mut step = self.new_step(member, node, result.clone());
        step.substeps = steps;
        self.steps.push(step);
        result
    }

    fn new_step(&self, member: &Member, node: &Node, result: Option<OwnedValue>) -> TraceStep {
        let mut saw = Vec::new();
        let own = arguments(member).iter().filter_map(var_path);
        for name in own {
            let value = self.context.value_at_path(&name);
            if !saw.iter().any(|(known, _)| *known == name) {
                saw.push((name, value));
            }
        }
        TraceStep {
            position: node.position,
            operator: member.key.to_string(),
            text: format::format_condition(node),
            attributes_read: saw,
            operands: Vec::new(),
            result,
            fractional: None,
            substeps: Vec::new(),
        }
    }

    fn trace_if(&mut self, items: &[Node], decides: bool) -> Option<OwnedValue> {
        let result = |tracer: &mut Self, node: &Node, at: usize| {
            if !decides {
                return tracer.trace_value(node);
            }
            let _ = write!(tracer.json_pointer, "/{at}");
            tracer.trace_result(node)
        };
        for (at, clause) in items.chunks(2).enumerate() {
            match clause {
                [condition, then] if truthy(&self.trace_value(condition)?) => {
                    return result(self, then, 2 * at + 1);
                }
                [otherwise] => return result(self, otherwise, 2 * at),
                _ => {}
            }
        }
        Some(OwnedValue::Null)
    }

    fn trace_short_circuit(&mut self, items: &[Node], stop_at: bool) -> Option<OwnedValue> {
        let mut last = OwnedValue::Null;
        for item in items {
            last = self.trace_value(item)?;
            if truthy(&last) == stop_at {
                break;
            }
        }
        Some(last)
    }
}

/// The member and the clauses of an `if`.
fn if_clauses(node: &Node) -> Option<(&Member, &[Node])> {
    let JsonLogicNode::Operation(member) = JsonLogicNode::from_node(node) else {
        return None;
    };
    match (&*member.key, &member.value.kind) {
        ("if" | "?:", NodeKind::List(items)) => Some((member, items)),
        _ => None,
    }
}

fn is_fractional(operator: &str) -> bool {
    matches!(operator, "fractional" | "fractionalEvaluation")
}

/// The attribute that a node reads and does nothing else.
fn var_path(node: &Node) -> Option<String> {
    let member = node
        .single_member()
        .filter(|member| &*member.key == "var")?;
    let name = arguments(member).first()?.as_text()?;
    Some(normalize_path(name)).filter(|name| !name.is_empty())
}

/// Why a decision is what it is, in the words of an evaluation.
pub fn reason(decision: Decision) -> &'static str {
    match decision {
        Decision::Variant(_, reason) => reason.as_str(),
        Decision::Disabled => "DISABLED",
        Decision::NoDefault => Reason::Default.as_str(),
        Decision::Error(_) => "ERROR",
    }
}
