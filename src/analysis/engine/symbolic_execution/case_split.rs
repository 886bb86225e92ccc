//! Splits a set of contexts by the results of an expression that reads the context.

use crate::analysis::engine::abstract_value::AbstractValue;
use crate::analysis::engine::abstract_value::ExecutionCase;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::context_set::OpaqueResult;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::program::ResultKind;
use crate::analysis::model::program::SymbolicProgram;
use crate::value::OwnedValue;

/// Splits by the result of an expression over one attribute.
pub fn split_by_expr_result(
    program: &SymbolicProgram<'_>,
    expr: usize,
    domain: &InputDomain,
    contexts: &ContextSet,
    want: ResultKind,
) -> Vec<ExecutionCase> {
    let Some(expr) = program.single_attribute_exprs.get(expr) else {
        return Vec::new();
    };
    let attribute = expr.attribute;
    match want {
        ResultKind::Truthiness => {
            let truths = expr.truth_per_representative(domain);
            contexts.partition_by(attribute, |at| {
                let truth = truths.get(at)?;
                Some(truth.map_or(AbstractValue::Fault, AbstractValue::Truthiness))
            })
        }
        ResultKind::Leaf => {
            let leaves = expr.leaf_per_representative(domain, &program.variant_names);
            contexts.partition_by(attribute, |at| {
                leaves.get(at).copied().map(AbstractValue::Leaf)
            })
        }
        ResultKind::Value => {
            let values = expr.value_per_representative(domain);
            contexts.partition_by(attribute, |at| {
                let value = values.get(at)?.clone();
                Some(value.map_or(AbstractValue::Fault, AbstractValue::Constant))
            })
        }
    }
}

/// Splits by whether an attribute is null.
pub fn split_by_presence(
    attribute: usize,
    domain: &InputDomain,
    contexts: &ContextSet,
) -> Vec<ExecutionCase> {
    let representatives = domain.representatives_of(attribute);
    contexts.partition_by(attribute, |at| {
        let is_null = representatives.get(at)?.value == OwnedValue::Null;
        Some(AbstractValue::Truthiness(is_null))
    })
}

/// Splits by the possible results of an opaque expression.
pub fn split_by_assumption(
    hidden: usize,
    state: &ContextSet,
    want: ResultKind,
) -> Vec<ExecutionCase> {
    if want != ResultKind::Truthiness {
        return vec![(state.clone(), AbstractValue::Opaque(hidden))];
    }
    let got = |guess: OpaqueResult| match guess {
        OpaqueResult::True => AbstractValue::Truthiness(true),
        OpaqueResult::False => AbstractValue::Truthiness(false),
        _ => AbstractValue::Fault,
    };
    match state.assumption(hidden) {
        Some(guess) => vec![(state.clone(), got(guess))],
        None => [OpaqueResult::True, OpaqueResult::False, OpaqueResult::Fault]
            .map(|guess| (state.assuming(hidden, guess), got(guess)))
            .into(),
    }
}
