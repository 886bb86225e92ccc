//! A set of positions.

use smallvec::SmallVec;
use smallvec::smallvec;

/// A set of positions below a length that all sets of one attribute share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BitSet(SmallVec<[u64; 2]>);

impl BitSet {
    /// No position of `len`.
    pub fn empty(len: usize) -> BitSet {
        BitSet(smallvec![0; len.div_ceil(64)])
    }

    /// All positions below `len`.
    pub fn full(len: usize) -> BitSet {
        let mut bits = BitSet::empty(len);
        (0..len).for_each(|at| bits.insert(at));
        bits
    }

    /// Adds a position; one beyond the length is none.
    pub fn insert(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    /// Whether the set has this position.
    pub fn contains(&self, at: usize) -> bool {
        self.0
            .get(at / 64)
            .is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    /// What both have.
    pub fn intersection(&self, other: &BitSet) -> BitSet {
        self.zip_words(other, |a, b| a & b)
    }

    /// What one of them has.
    pub fn union(&self, other: &BitSet) -> BitSet {
        self.zip_words(other, |a, b| a | b)
    }

    /// What only this one has.
    pub fn difference(&self, other: &BitSet) -> BitSet {
        self.zip_words(other, |a, b| a & !b)
    }

    fn zip_words(&self, other: &BitSet, how: fn(u64, u64) -> u64) -> BitSet {
        BitSet(
            self.0
                .iter()
                .zip(&other.0)
                .map(|(a, b)| how(*a, *b))
                .collect(),
        )
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether `other` has all of these.
    pub fn is_subset(&self, other: &BitSet) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    /// The positions, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.0.len() * 64).filter(|at| self.contains(*at))
    }
}
