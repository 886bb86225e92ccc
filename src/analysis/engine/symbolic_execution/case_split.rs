//! The cases of what asks the context itself: where a set of contexts is split.

use crate::analysis::engine::fractional_split;
use crate::analysis::engine::symbolic_execution::AbstractValue;
use crate::analysis::engine::symbolic_execution::ExecutionCase;
use crate::analysis::engine::symbolic_execution::PartialArgs;
use crate::analysis::engine::symbolic_execution::SymbolicExecution;
use crate::analysis::engine::symbolic_execution::TooManyCases;
use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::bucketing::ShareOutcome;
use crate::analysis::model::bucketing::SymbolicFractional;
use crate::analysis::model::context_set::Assumption;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::program::ResultKind;
use crate::analysis::model::representatives::Representative;
use crate::analysis::model::symbolic_expr::SymbolicExpr;
use crate::rule::EvalError;
use crate::rule::coerce;
use crate::rule::decision_tree;
use crate::value::OwnedValue;

impl SymbolicExecution<'_, '_> {
    pub(super) fn split_by_expr_result(
        &self,
        atom: usize,
        state: &ContextSet,
        want: ResultKind,
    ) -> Vec<ExecutionCase> {
        let Some(atom) = self.program.single_attribute_exprs.get(atom) else {
            return Vec::new();
        };
        let space = &*self.domain;
        let got: Vec<AbstractValue> = match want {
            ResultKind::Truthiness => atom
                .truth_per_representative(space)
                .iter()
                .map(|t| t.map_or(AbstractValue::Fault, AbstractValue::Truthiness))
                .collect(),
            ResultKind::Leaf => {
                let leaves = atom
                    .leaf_per_representative(space, &self.program.variant_names)
                    .iter();
                leaves.map(|leaf| AbstractValue::Leaf(*leaf)).collect()
            }
            ResultKind::Value => {
                let values = atom.value_per_representative(space).iter().cloned();
                values
                    .map(|value| value.map_or(AbstractValue::Fault, AbstractValue::Constant))
                    .collect()
            }
        };
        partition_by_value(atom.attribute, &got, state)
    }

    pub(super) fn split_by_presence(
        &self,
        attribute: usize,
        state: &ContextSet,
    ) -> Vec<ExecutionCase> {
        let candidates = self.domain.attributes.get(attribute);
        let candidates = candidates.map_or(&[][..], |a| &a.representatives.values);
        let null = |c: &Representative| AbstractValue::Truthiness(c.value == OwnedValue::Null);
        let got: Vec<AbstractValue> = candidates.iter().map(null).collect();
        partition_by_value(attribute, &got, state)
    }

    pub(super) fn split_by_fractional(
        &mut self,
        split: &SymbolicFractional,
        state: &ContextSet,
        want: ResultKind,
    ) -> Result<Vec<ExecutionCase>, TooManyCases> {
        let mut cases = Vec::new();
        for (state, lot) in fractional_split::split_by_share(split, state, self.domain) {
            self.remaining_cases = self.remaining_cases.checked_sub(1).ok_or(TooManyCases)?;
            let got = match lot {
                ShareOutcome::Fault => AbstractValue::Fault,
                ShareOutcome::Share(share) => {
                    if let Some(first) = split.first_share_branch {
                        self.record_reached(first + share, &state);
                    }
                    let literal = split.share_values.get(share).unwrap_or(&OwnedValue::Null);
                    self.abstract_constant(literal, want)
                }
                ShareOutcome::NoShare | ShareOutcome::DependsOnHash => {
                    self.abstract_constant(&OwnedValue::Null, want)
                }
            };
            cases.push((state, got));
        }
        Ok(cases)
    }

    pub(super) fn extend_arguments(
        &mut self,
        partial: Vec<PartialArgs>,
        form: &SymbolicExpr,
    ) -> Result<Vec<PartialArgs>, TooManyCases> {
        let mut product = Vec::new();
        for (state, values) in partial {
            let Some(values) = values else {
                product.push((state, None));
                continue;
            };
            for (state, got) in self.execute(form, &state, ResultKind::Value)? {
                let next = match got {
                    AbstractValue::Constant(value) => {
                        Some(values.iter().cloned().chain([value]).collect())
                    }
                    _ => None,
                };
                product.push((state, next));
            }
        }
        Ok(product)
    }

    pub(super) fn abstract_constant(
        &self,
        literal: &OwnedValue,
        want: ResultKind,
    ) -> AbstractValue {
        if want == ResultKind::Value {
            return AbstractValue::Constant(literal.clone());
        }
        let arena = bumpalo::Bump::new();
        let value = literal.to_value(&arena);
        match want {
            ResultKind::Truthiness => AbstractValue::Truthiness(coerce::is_truthy(value)),
            _ => AbstractValue::Leaf(decision_tree::leaf_for_value(
                Ok::<_, EvalError>(value),
                &self.program.variant_names,
            )),
        }
    }
}

/// The state, split by what its candidates of one attribute come to.
fn partition_by_value(
    attribute: usize,
    got: &[AbstractValue],
    state: &ContextSet,
) -> Vec<ExecutionCase> {
    let Some(set) = state.attribute_sets.get(attribute) else {
        return Vec::new();
    };
    let mut classes: Vec<(BitSet, &AbstractValue)> = Vec::new();
    for at in set.iter() {
        let Some(this) = got.get(at) else { continue };
        let known = classes.iter_mut().find(|(_, other)| *other == this);
        if let Some((bits, _)) = known {
            bits.insert(at);
        } else {
            let mut bits = BitSet::empty(got.len());
            bits.insert(at);
            classes.push((bits, this));
        }
    }
    let case = |(bits, got): (BitSet, &AbstractValue)| {
        Some((state.restrict_attribute(attribute, &bits)?, got.clone()))
    };
    classes.into_iter().filter_map(case).collect()
}

/// The state, split by what an expression that can be anything might come to.
pub(super) fn split_by_assumption(
    hidden: usize,
    state: &ContextSet,
    want: ResultKind,
) -> Vec<ExecutionCase> {
    if want != ResultKind::Truthiness {
        return vec![(state.clone(), AbstractValue::Opaque(hidden))];
    }
    let got = |guess: Assumption| match guess {
        Assumption::True => AbstractValue::Truthiness(true),
        Assumption::False => AbstractValue::Truthiness(false),
        _ => AbstractValue::Fault,
    };
    match state.assumption(hidden) {
        Some(guess) => vec![(state.clone(), got(guess))],
        None => [Assumption::True, Assumption::False, Assumption::Fault]
            .map(|guess| (state.assuming(hidden, guess), got(guess)))
            .into(),
    }
}
