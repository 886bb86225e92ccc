//! A set of contexts: a set of representatives for each attribute, and an interval of hashes for each bucketing key.

use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::bucketing::HASH_SPACE;
use crate::analysis::model::bucketing::key_part::KeyPart;
use crate::analysis::model::input_domain::InputDomain;

/// An assumption about the value of an opaque expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpaqueResult {
    /// It is truthy.
    True,
    /// It is falsy.
    False,
    /// Its evaluation fails.
    Fault,
    /// It is a string, usable as a bucketing key.
    Text,
    /// It is null.
    Null,
    /// It is neither a string nor null, hence no bucketing key.
    NotBucketable,
}

/// A set of contexts.
#[derive(Debug, Clone, PartialEq)]
pub struct ContextSet {
    /// The representatives of each attribute that are in the set.
    pub attribute_sets: Vec<BitSet>,
    /// The half-open hash interval of each bucketing key that is restricted.
    pub hash_intervals: Vec<(usize, u64, u64)>,
    /// The assumptions about opaque expressions, by their indices.
    pub assumptions: Vec<(usize, OpaqueResult)>,
}

impl ContextSet {
    /// All contexts.
    pub fn all(space: &InputDomain) -> ContextSet {
        let sets = space.attributes.iter();
        ContextSet {
            attribute_sets: sets
                .map(|a| BitSet::full(a.representatives.values.len()))
                .collect(),
            hash_intervals: Vec::new(),
            assumptions: Vec::new(),
        }
    }

    /// The contexts whose attribute is one of these representatives; `None` if there are none.
    pub fn restrict_attribute(&self, attribute: usize, bits: &BitSet) -> Option<ContextSet> {
        let old = self.attribute_sets.get(attribute)?;
        let new = old.intersection(bits);
        if new.is_empty() {
            return None;
        }
        let mut state = self.clone();
        if let Some(set) = state.attribute_sets.get_mut(attribute) {
            *set = new;
        }
        Some(state)
    }

    /// Partitions the contexts by the class of an attribute's representative; `class_of` gets the representative's
    /// index, and a representative without a class is left out.
    pub fn partition_by<T: PartialEq>(
        &self,
        attribute: usize,
        class_of: impl Fn(usize) -> Option<T>,
    ) -> Vec<(ContextSet, T)> {
        let Some(set) = self.attribute_sets.get(attribute) else {
            return Vec::new();
        };
        let mut classes: Vec<(BitSet, T)> = Vec::new();
        for at in set.iter() {
            let Some(class) = class_of(at) else { continue };
            if let Some((members, _)) = classes.iter_mut().find(|(_, known)| *known == class) {
                members.insert(at);
            } else {
                let mut members = set.difference(set);
                members.insert(at);
                classes.push((members, class));
            }
        }
        let restrict = |(members, class): (BitSet, T)| {
            Some((self.restrict_attribute(attribute, &members)?, class))
        };
        classes.into_iter().filter_map(restrict).collect()
    }

    /// The contexts whose key has a hash from `from` up to `to`; `None` if there are none.
    pub fn restrict_hash(&self, key: usize, from: u64, to: u64) -> Option<ContextSet> {
        let (low, high) = self.hash_interval(key);
        let (low, high) = (low.max(from), high.min(to));
        if low >= high {
            return None;
        }
        let mut state = self.clone();
        state.hash_intervals.retain(|(other, ..)| *other != key);
        if (low, high) != (0, HASH_SPACE) {
            state.hash_intervals.push((key, low, high));
            state.hash_intervals.sort_unstable();
        }
        Some(state)
    }

    /// The half-open interval of hashes that a key may have.
    pub fn hash_interval(&self, key: usize) -> (u64, u64) {
        let found = self.hash_intervals.iter().find(|(other, ..)| *other == key);
        found.map_or((0, HASH_SPACE), |(_, low, high)| (*low, *high))
    }

    /// The assumption about an opaque expression, if there is one.
    pub fn assumption(&self, hidden: usize) -> Option<OpaqueResult> {
        let found = self.assumptions.iter().find(|(other, _)| *other == hidden);
        found.map(|(_, guess)| *guess)
    }

    /// The contexts with one more assumption.
    pub fn assuming(&self, hidden: usize, guess: OpaqueResult) -> ContextSet {
        let mut state = self.clone();
        state.assumptions.push((hidden, guess));
        state
    }

    /// The fraction of all units that have these hashes; `None` if a key is opaque.
    pub fn fraction_of_units(&self, space: &InputDomain) -> Option<f64> {
        let mut measure = 1.0;
        for (key, low, high) in &self.hash_intervals {
            let parts = space.bucketing_keys.get(*key)?;
            if parts.iter().any(|part| matches!(part, KeyPart::Opaque(_))) {
                return None;
            }
            measure *= (high - low) as f64 / HASH_SPACE as f64;
        }
        Some(measure)
    }
}
