//! A bit set of indices below a fixed length.

use smallvec::SmallVec;
use smallvec::smallvec;

/// A set of indices below a length that all sets of one attribute share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BitSet(SmallVec<[u64; 2]>);

impl BitSet {
    /// The empty set of indices below `len`.
    pub fn empty(len: usize) -> BitSet {
        BitSet(smallvec![0; len.div_ceil(64)])
    }

    /// The set of all indices below `len`.
    pub fn full(len: usize) -> BitSet {
        let mut bits = BitSet::empty(len);
        (0..len).for_each(|at| bits.insert(at));
        bits
    }

    /// Adds an index; one beyond the length is ignored.
    pub fn insert(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    /// Returns true if the set contains an index.
    pub fn contains(&self, at: usize) -> bool {
        self.0
            .get(at / 64)
            .is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    /// The indices in both sets.
    pub fn intersection(&self, other: &BitSet) -> BitSet {
        self.zip_words(other, |a, b| a & b)
    }

    /// The indices in either set.
    pub fn union(&self, other: &BitSet) -> BitSet {
        self.zip_words(other, |a, b| a | b)
    }

    /// The indices in this set and not in the other.
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

    /// Returns true if the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The number of indices in the set.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Returns true if `other` contains all indices of this set.
    pub fn is_subset(&self, other: &BitSet) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    /// The indices, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.0.len() * 64).filter(|at| self.contains(*at))
    }
}
