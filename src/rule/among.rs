//! `in` a list that is known when the flag loads.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::BuildHasherDefault;
use std::hash::Hasher;

use ecow::EcoString;

use crate::number;
use crate::rule::Rule;
use crate::value::Literal;
use crate::value::Value;

/// `{"in": [needle, [constants…]]}`.
#[derive(Debug, Clone)]
pub struct Among {
    /// What is looked for.
    pub needle: Rule,
    /// Where.
    pub set: Set,
}

/// Constants of one type. Lists that mix types, or hold ranges, take the general way.
#[derive(Debug, Clone)]
pub enum Set {
    /// A few strings, compared one by one.
    Few(Box<[EcoString]>),
    /// More strings.
    Sorted(Sorted),
    /// Many strings.
    Many(HashSet<EcoString, BuildHasherDefault<Quick>>),
    /// Numbers.
    Numbers(Box<[f64]>),
}

// Below this many strings, comparing lengths and bytes is faster than anything else.
const FEW: usize = 8;
// Below this many, halving is as fast as hashing, and takes a quarter of the memory.
const SOME: usize = 64;

/// Strings in one piece of memory, sorted.
#[derive(Debug, Clone)]
pub struct Sorted {
    bytes: Box<[u8]>,
    /// Where each string ends, and the next one begins.
    ends: Box<[u32]>,
}

impl Sorted {
    fn of(mut texts: Vec<&str>) -> Sorted {
        texts.sort_unstable();
        texts.dedup();
        let mut bytes = Vec::new();
        let mut end = |text: &&str| {
            bytes.extend_from_slice(text.as_bytes());
            u32::try_from(bytes.len()).unwrap_or(u32::MAX)
        };
        let ends = texts.iter().map(&mut end).collect();
        let bytes = bytes.into();
        Sorted { bytes, ends }
    }

    fn at(&self, index: usize) -> &[u8] {
        let end = |index: usize| self.ends.get(index).map_or(0, |end| *end as usize);
        let start = index.checked_sub(1).map_or(0, end);
        self.bytes.get(start..end(index)).unwrap_or(&[])
    }

    fn contains(&self, needle: &[u8]) -> bool {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.at(middle).cmp(needle) {
                Ordering::Equal => return true,
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
            }
        }
        false
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        let texts = (0..self.ends.len()).map(|index| self.at(index));
        texts.map(|text| std::str::from_utf8(text).unwrap_or(""))
    }
}

impl Set {
    /// The set of a constant list, if its items are of one type.
    pub fn of(items: &[Literal]) -> Option<Set> {
        let texts: Option<Vec<&str>> = items.iter().map(text).collect();
        if let Some(texts) = texts {
            let owned = texts.iter().map(|text| (*text).into());
            return Some(match texts.len() {
                0..=FEW => Set::Few(owned.collect()),
                _ if texts.len() <= SOME => Set::Sorted(Sorted::of(texts)),
                _ => Set::Many(owned.collect()),
            });
        }
        let numbers: Option<Box<[f64]>> = items.iter().map(numeric).collect();
        numbers.map(Set::Numbers)
    }

    /// The number of constants.
    pub fn len(&self) -> usize {
        match self {
            Set::Few(texts) => texts.len(),
            Set::Sorted(texts) => texts.ends.len(),
            Set::Many(texts) => texts.len(),
            Set::Numbers(numbers) => numbers.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the set holds a text.
    pub fn has_text(&self, needle: &str) -> bool {
        match self {
            Set::Few(texts) => texts.iter().any(|text| **text == *needle),
            Set::Sorted(texts) => texts.contains(needle.as_bytes()),
            Set::Many(texts) => texts.contains(needle),
            Set::Numbers(_) => false,
        }
    }

    /// Whether the set holds `needle`. A number equals a string that reads as it, and any other string is 0.
    pub fn contains(&self, needle: Value<'_>) -> bool {
        match (self, needle) {
            (_, Value::Text(needle)) => self.has_text(needle),
            (Set::Few(texts), Value::Number(n)) => texts.iter().any(|t| reads_as(t, n)),
            (Set::Sorted(texts), Value::Number(n)) => texts.iter().any(|t| reads_as(t, n)),
            (Set::Many(texts), Value::Number(n)) => texts.iter().any(|t| reads_as(t, n)),
            (Set::Numbers(numbers), Value::Number(n)) => numbers.contains(&n),
            (_, Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_)) => false,
        }
    }
}

/// Hashes texts eight bytes at a time. Who writes a flag gains nothing from constants that collide, and who asks cannot
/// add any: the hash need not withstand an attacker.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quick(u64);

impl Quick {
    // The golden ratio spreads neighbours; the rotation brings the high bits, which are the good ones, down again.
    fn mix(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed.rotate_left(29);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let last = rest
            .iter()
            .fold(0, |last, byte| last << 8 | u64::from(*byte));
        self.mix(last ^ (bytes.len() as u64) << 56);
    }

    // What ends a text; its length is in the hash.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

fn reads_as(text: &str, number: f64) -> bool {
    number::parse_or_zero(text) == number
}

fn text(literal: &Literal) -> Option<&str> {
    match literal {
        Literal::Text(text) => Some(text),
        _ => None,
    }
}

fn numeric(literal: &Literal) -> Option<f64> {
    match literal {
        Literal::Number(number) => Some(*number),
        _ => None,
    }
}
