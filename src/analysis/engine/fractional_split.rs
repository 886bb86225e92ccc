//! Splits a set of contexts by the shares of a `fractional`, by the kind of its bucketing key.

pub mod concatenated_key;
pub mod hash_split;

use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::bucketing::ShareOutcome;
use crate::analysis::model::bucketing::SymbolicBucketBy;
use crate::analysis::model::bucketing::SymbolicFractional;
use crate::analysis::model::bucketing::key_part::KeyPart;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::context_set::OpaqueResult;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::representatives::set::Representative;
use crate::value::OwnedValue;

/// The contexts of each share, of no share, and of an error.
pub fn split_by_share(
    split: &SymbolicFractional,
    state: &ContextSet,
    space: &mut InputDomain,
) -> Vec<(ContextSet, ShareOutcome)> {
    match &split.bucket_by {
        SymbolicBucketBy::DefaultKey => split_by_default_key(split, state, space),
        SymbolicBucketBy::Attribute(attribute) => {
            split_by_attribute_key(split, *attribute, state, space)
        }
        SymbolicBucketBy::Concatenated(parts) => {
            concatenated_key::split_by_concatenated_key(split, parts, state, space)
        }
        SymbolicBucketBy::Opaque(hidden) => split_by_opaque_key(split, *hidden, state, space),
    }
}

/// Splits by the flag's key and the targeting key, if that is a string and not empty.
fn split_by_default_key(
    split: &SymbolicFractional,
    state: &ContextSet,
    space: &mut InputDomain,
) -> Vec<(ContextSet, ShareOutcome)> {
    let key = vec![
        KeyPart::Text(split.flag_key.clone()),
        KeyPart::Attribute(split.targeting_key),
    ];
    let lot = |candidate: &Representative| match &candidate.value {
        OwnedValue::Text(text) if text.is_empty() => ShareOutcome::NoShare,
        OwnedValue::Text(text) if candidate.is_singleton => {
            split.share_for_key(&format!("{}{text}", split.flag_key))
        }
        OwnedValue::Text(_) => ShareOutcome::DependsOnHash,
        _ => ShareOutcome::NoShare,
    };
    hash_split::split_by_single_attribute(split, split.targeting_key, &key, lot, state, space)
}

fn split_by_attribute_key(
    split: &SymbolicFractional,
    attribute: usize,
    state: &ContextSet,
    space: &mut InputDomain,
) -> Vec<(ContextSet, ShareOutcome)> {
    let null = space.null_of(attribute);
    let mut lots = Vec::new();
    if let Some(state) = state.restrict_attribute(attribute, &null) {
        lots.extend(split_by_default_key(split, &state, space));
    }
    let lot = |candidate: &Representative| match &candidate.value {
        OwnedValue::Text(text) if candidate.is_singleton => split.share_for_key(text),
        OwnedValue::Text(_) => ShareOutcome::DependsOnHash,
        _ => ShareOutcome::NoShare,
    };
    let all = BitSet::full(space.representatives_of(attribute).len());
    if let Some(state) = state.restrict_attribute(attribute, &all.difference(&null)) {
        let key = vec![KeyPart::Attribute(attribute)];
        lots.extend(hash_split::split_by_single_attribute(
            split, attribute, &key, lot, &state, space,
        ));
    }
    lots
}

/// Splits by an opaque expression, with an assumption about its value.
fn split_by_opaque_key(
    split: &SymbolicFractional,
    hidden: usize,
    state: &ContextSet,
    space: &mut InputDomain,
) -> Vec<(ContextSet, ShareOutcome)> {
    let guesses = match state.assumption(hidden) {
        Some(guess) => vec![(guess, state.clone())],
        None => [
            OpaqueResult::Text,
            OpaqueResult::Null,
            OpaqueResult::NotBucketable,
            OpaqueResult::Fault,
        ]
        .map(|guess| (guess, state.assuming(hidden, guess)))
        .into(),
    };
    let mut lots = Vec::new();
    for (guess, state) in guesses {
        match guess {
            OpaqueResult::Text | OpaqueResult::True => {
                lots.extend(hash_split::split_by_hash_interval(
                    split,
                    vec![KeyPart::Opaque(hidden)],
                    &state,
                    space,
                ));
            }
            OpaqueResult::Null | OpaqueResult::False => {
                lots.extend(split_by_default_key(split, &state, space));
            }
            OpaqueResult::NotBucketable => lots.push((state, ShareOutcome::NoShare)),
            OpaqueResult::Fault => lots.push((state, ShareOutcome::Fault)),
        }
    }
    lots
}
