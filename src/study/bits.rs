//! A set of positions.

use smallvec::SmallVec;
use smallvec::smallvec;

/// A set of positions below a length that all sets of one attribute share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bits(SmallVec<[u64; 2]>);

impl Bits {
    /// No position of `len`.
    pub fn none(len: usize) -> Bits {
        Bits(smallvec![0; len.div_ceil(64)])
    }

    /// All positions below `len`.
    pub fn all(len: usize) -> Bits {
        let mut bits = Bits::none(len);
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
    pub fn has(&self, at: usize) -> bool {
        self.0
            .get(at / 64)
            .is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    /// What both have.
    pub fn and(&self, other: &Bits) -> Bits {
        self.with(other, |a, b| a & b)
    }

    /// What one of them has.
    pub fn or(&self, other: &Bits) -> Bits {
        self.with(other, |a, b| a | b)
    }

    /// What only this one has.
    pub fn minus(&self, other: &Bits) -> Bits {
        self.with(other, |a, b| a & !b)
    }

    fn with(&self, other: &Bits, how: fn(u64, u64) -> u64) -> Bits {
        Bits(
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
    pub fn within(&self, other: &Bits) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    /// The positions, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.0.len() * 64).filter(|at| self.has(*at))
    }
}
