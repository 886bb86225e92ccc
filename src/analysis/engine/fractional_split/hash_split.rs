//! Splits a set of contexts by the hash interval of each share, for a bucketing key that depends on one attribute.

use crate::analysis::model::bucketing::ShareOutcome;
use crate::analysis::model::bucketing::SymbolicFractional;
use crate::analysis::model::bucketing::key_part::KeyPart;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::representatives::set::Representative;

/// Splits by a key that depends on one attribute; representatives with the same share stay together.
pub fn split_by_single_attribute(
    split: &SymbolicFractional,
    attribute: usize,
    key: &[KeyPart],
    lot: impl Fn(&Representative) -> ShareOutcome,
    state: &ContextSet,
    space: &mut InputDomain,
) -> Vec<(ContextSet, ShareOutcome)> {
    let candidates = space.representatives_of(attribute);
    let classes = state.partition_by(attribute, |at| candidates.get(at).map(&lot));
    let mut lots = Vec::new();
    for (state, lot) in classes {
        match lot {
            ShareOutcome::DependsOnHash => {
                lots.extend(split_by_hash_interval(split, key.to_vec(), &state, space));
            }
            lot => lots.push((state, lot)),
        }
    }
    lots
}

/// Splits by the hash of a bucketing key: every share has an interval of hashes.
pub fn split_by_hash_interval(
    split: &SymbolicFractional,
    key: Vec<KeyPart>,
    state: &ContextSet,
    space: &mut InputDomain,
) -> Vec<(ContextSet, ShareOutcome)> {
    if split
        .cumulative_weights
        .last()
        .is_none_or(|total| *total == 0)
    {
        return vec![(state.clone(), ShareOutcome::NoShare)];
    }
    let key = space.intern_bucketing_key(key);
    let intervals = split.hash_intervals().into_iter().enumerate();
    intervals
        .filter_map(|(share, (from, to))| {
            Some((
                state.restrict_hash(key, from, to)?,
                ShareOutcome::Share(share),
            ))
        })
        .collect()
}
