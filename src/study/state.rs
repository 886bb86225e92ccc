//! A set of contexts: for each attribute some of its candidates, for each bucketing key an interval of hashes.

use crate::study::bits::Bits;
use crate::study::space::Part;
use crate::study::space::Space;
use crate::study::unit::HASHES;

/// What is supposed of an expression that can be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
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
    Other,
}

/// A set of contexts.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The candidates of each attribute.
    pub sets: Vec<Bits>,
    /// The hashes of each bucketing key that is not free: from the first, up to but not including the second.
    pub hashes: Vec<(usize, u64, u64)>,
    /// What is supposed of expressions that can be anything.
    pub guesses: Vec<(usize, Guess)>,
}

impl State {
    /// All contexts.
    pub fn all(space: &Space) -> State {
        let sets = space.attributes.iter();
        State {
            sets: sets.map(|a| Bits::all(a.pool.candidates.len())).collect(),
            hashes: Vec::new(),
            guesses: Vec::new(),
        }
    }

    /// The contexts of which an attribute is among `bits`; `None` if there are none.
    pub fn with(&self, attribute: usize, bits: &Bits) -> Option<State> {
        let old = self.sets.get(attribute)?;
        let new = old.and(bits);
        if new.is_empty() {
            return None;
        }
        let mut state = self.clone();
        if let Some(set) = state.sets.get_mut(attribute) {
            *set = new;
        }
        Some(state)
    }

    /// The contexts whose key has a hash from `from` up to `to`; `None` if there are none.
    pub fn within(&self, key: usize, from: u64, to: u64) -> Option<State> {
        let (low, high) = self.interval(key);
        let (low, high) = (low.max(from), high.min(to));
        if low >= high {
            return None;
        }
        let mut state = self.clone();
        state.hashes.retain(|(other, ..)| *other != key);
        if (low, high) != (0, HASHES) {
            state.hashes.push((key, low, high));
            state.hashes.sort_unstable();
        }
        Some(state)
    }

    /// The hashes that a key may have.
    pub fn interval(&self, key: usize) -> (u64, u64) {
        let found = self.hashes.iter().find(|(other, ..)| *other == key);
        found.map_or((0, HASHES), |(_, low, high)| (*low, *high))
    }

    /// What is supposed of an expression.
    pub fn guess(&self, hidden: usize) -> Option<Guess> {
        let found = self.guesses.iter().find(|(other, _)| *other == hidden);
        found.map(|(_, guess)| *guess)
    }

    /// The contexts of which something is supposed.
    pub fn supposing(&self, hidden: usize, guess: Guess) -> State {
        let mut state = self.clone();
        state.guesses.push((hidden, guess));
        state
    }

    /// The part of all units that have these hashes; `None` if some key cannot be reasoned about.
    pub fn measure(&self, space: &Space) -> Option<f64> {
        let mut measure = 1.0;
        for (key, low, high) in &self.hashes {
            let parts = space.keys.get(*key)?;
            if parts.iter().any(|part| matches!(part, Part::Hidden(_))) {
                return None;
            }
            measure *= (high - low) as f64 / HASHES as f64;
        }
        Some(measure)
    }
}
