//! The trace of one evaluation: every operation of the rule that was evaluated, its operands and its result.
//!
//! `if`, `and`, `or` and the arguments of operators are evaluated here on the syntax tree, because compiled rules keep
//! no positions; the evaluator computes the result of an operator. A test compares both on every recorded evaluation.

pub mod fractional;
pub mod step;
pub mod tracer;

use bumpalo::Bump;
use ecow::EcoString;

use crate::analysis::explain::trace::step::DecisionSource;
use crate::analysis::explain::trace::step::TraceStep;
use crate::analysis::explain::trace::tracer::Tracer;
use crate::analysis::model::owned_context::OwnedContext;
use crate::decision::Decision;
use crate::document::flag::FlagDefinition;
use crate::rule::EvalError;
use crate::rule::decision_tree;
use crate::rule::decision_tree::Leaf;
use crate::ruleset;
use crate::ruleset::EvaluationPlan;
use crate::value::OwnedValue;

/// The trace of one evaluation of a flag.
#[derive(Debug)]
pub struct Trace {
    /// The decision.
    pub decision: Decision,
    /// The operations that were evaluated, in order; empty without a rule.
    pub steps: Vec<TraceStep>,
    /// The source of the decision; the flag itself without a rule.
    pub decided_by: DecisionSource,
}

/// Traces the evaluation of `flag`, compiled as `compiled`.
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
            return by_flag(
                asker.decide(compiled),
                "the definition of the flag has an error",
            );
        }
        _ => return by_flag(asker.decide(compiled), "the flag has no targeting rule"),
    };
    let mut tracer = Tracer::new(flag, node, asker);
    let value = tracer.trace_result(node);
    let leaf = leaf_for_owned_value(value.as_ref(), &compiled.variant_names);
    if leaf == Leaf::Default {
        tracer.decided_by.json_pointer = None;
        let default = flag.default_variant.as_deref();
        tracer.decided_by.text = match default {
            Some(default) => format!("no variant selected: defaultVariant `{default}`"),
            None => "no variant selected, and no defaultVariant".to_owned(),
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
