//! A set of contexts: for each attribute some of its candidates, for each bucketing key an interval of hashes.

use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::bucketing::HASH_SPACE;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::input_domain::KeyPart;

/// What is supposed of an expression that can be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assumption {
    /// It counts as true.
    True,
    /// It counts as false.
    False,
    /// It faults.
    Fault,
    /// It is a string to bucket by.
    Text,
    /// It is null.
    Null,
    /// It is something that nothing can be bucketed by.
    NotBucketable,
}

/// A set of contexts.
#[derive(Debug, Clone, PartialEq)]
pub struct ContextSet {
    /// The candidates of each attribute.
    pub attribute_sets: Vec<BitSet>,
    /// The hashes of each bucketing key that is not free: from the first, up to but not including the second.
    pub hash_intervals: Vec<(usize, u64, u64)>,
    /// What is supposed of expressions that can be anything.
    pub assumptions: Vec<(usize, Assumption)>,
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

    /// The contexts of which an attribute is among `bits`; `None` if there are none.
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

    /// The hashes that a key may have.
    pub fn hash_interval(&self, key: usize) -> (u64, u64) {
        let found = self.hash_intervals.iter().find(|(other, ..)| *other == key);
        found.map_or((0, HASH_SPACE), |(_, low, high)| (*low, *high))
    }

    /// What is supposed of an expression.
    pub fn assumption(&self, hidden: usize) -> Option<Assumption> {
        let found = self.assumptions.iter().find(|(other, _)| *other == hidden);
        found.map(|(_, guess)| *guess)
    }

    /// The contexts of which something is supposed.
    pub fn assuming(&self, hidden: usize, guess: Assumption) -> ContextSet {
        let mut state = self.clone();
        state.assumptions.push((hidden, guess));
        state
    }

    /// The part of all units that have these hashes; `None` if some key cannot be reasoned about.
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
