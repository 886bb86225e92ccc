//! `in` a list that is known when the flag loads.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::BuildHasherDefault;
use std::hash::Hasher;

use ecow::EcoString;

use crate::number;
use crate::rule::Rule;
use crate::value::OwnedValue;
use crate::value::Value;

/// `{"in": [needle, [constants…]]}`.
#[derive(Debug, Clone)]
pub struct InSet {
    /// What is looked for.
    pub needle: Rule,
    /// Where.
    pub set: ConstantSet,
}

/// Constants of one type. Lists that mix types, or hold ranges, take the general way.
#[derive(Debug, Clone)]
pub enum ConstantSet {
    /// A few strings, compared one by one.
    Linear(Box<[EcoString]>),
    /// More strings.
    Sorted(SortedStrings),
    /// Many strings.
    Hashed(HashSet<EcoString, BuildHasherDefault<FastHasher>>),
    /// Numbers.
    Numbers(Box<[f64]>),
}

// Below this many strings, comparing lengths and bytes is faster than anything else.
const LINEAR_MAX: usize = 8;
// Below this many, halving is as fast as hashing, and takes a quarter of the memory.
const SORTED_MAX: usize = 64;

/// Strings in one piece of memory, sorted.
#[derive(Debug, Clone)]
pub struct SortedStrings {
    bytes: Box<[u8]>,
    /// Where each string ends, and the next one begins.
    ends: Box<[u32]>,
}

impl SortedStrings {
    fn from_texts(mut texts: Vec<&str>) -> SortedStrings {
        texts.sort_unstable();
        texts.dedup();
        let mut bytes = Vec::new();
        let mut end = |text: &&str| {
            bytes.extend_from_slice(text.as_bytes());
            u32::try_from(bytes.len()).unwrap_or(u32::MAX)
        };
        let ends = texts.iter().map(&mut end).collect();
        let bytes = bytes.into();
        SortedStrings { bytes, ends }
    }

    fn get(&self, index: usize) -> &[u8] {
        let end = |index: usize| self.ends.get(index).map_or(0, |end| *end as usize);
        let start = index.checked_sub(1).map_or(0, end);
        self.bytes.get(start..end(index)).unwrap_or(&[])
    }

    fn contains(&self, needle: &[u8]) -> bool {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.get(middle).cmp(needle) {
                Ordering::Equal => return true,
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
            }
        }
        false
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        let texts = (0..self.ends.len()).map(|index| self.get(index));
        texts.map(|text| std::str::from_utf8(text).unwrap_or(""))
    }
}

impl ConstantSet {
    /// The set of a constant list, if its items are of one type.
    pub fn from_literals(items: &[OwnedValue]) -> Option<ConstantSet> {
        let texts: Option<Vec<&str>> = items.iter().map(as_text).collect();
        if let Some(texts) = texts {
            let owned = texts.iter().map(|text| (*text).into());
            return Some(match texts.len() {
                0..=LINEAR_MAX => ConstantSet::Linear(owned.collect()),
                _ if texts.len() <= SORTED_MAX => {
                    ConstantSet::Sorted(SortedStrings::from_texts(texts))
                }
                _ => ConstantSet::Hashed(owned.collect()),
            });
        }
        let numbers: Option<Box<[f64]>> = items.iter().map(as_number).collect();
        numbers.map(ConstantSet::Numbers)
    }

    /// The number of constants.
    pub fn len(&self) -> usize {
        match self {
            ConstantSet::Linear(texts) => texts.len(),
            ConstantSet::Sorted(texts) => texts.ends.len(),
            ConstantSet::Hashed(texts) => texts.len(),
            ConstantSet::Numbers(numbers) => numbers.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the set holds a text.
    pub fn contains_text(&self, needle: &str) -> bool {
        match self {
            ConstantSet::Linear(texts) => texts.iter().any(|text| **text == *needle),
            ConstantSet::Sorted(texts) => texts.contains(needle.as_bytes()),
            ConstantSet::Hashed(texts) => texts.contains(needle),
            ConstantSet::Numbers(_) => false,
        }
    }

    /// Whether the set holds `needle`. A number equals a string that reads as it, and any other string is 0.
    pub fn contains(&self, needle: Value<'_>) -> bool {
        match (self, needle) {
            (_, Value::Text(needle)) => self.contains_text(needle),
            (ConstantSet::Linear(texts), Value::Number(n)) => texts.iter().any(|t| parses_to(t, n)),
            (ConstantSet::Sorted(texts), Value::Number(n)) => texts.iter().any(|t| parses_to(t, n)),
            (ConstantSet::Hashed(texts), Value::Number(n)) => texts.iter().any(|t| parses_to(t, n)),
            (ConstantSet::Numbers(numbers), Value::Number(n)) => numbers.contains(&n),
            (_, Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_)) => false,
        }
    }
}

/// Hashes texts eight bytes at a time. Who writes a flag gains nothing from constants that collide, and who asks cannot
/// add any: the hash need not withstand an attacker.
#[derive(Debug, Clone, Copy, Default)]
pub struct FastHasher(u64);

impl FastHasher {
    // The golden ratio spreads neighbours; the rotation brings the high bits, which are the good ones, down again.
    fn mix(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed.rotate_left(29);
    }
}

impl Hasher for FastHasher {
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

fn parses_to(text: &str, number: f64) -> bool {
    number::parse_or_zero(text) == number
}

fn as_text(literal: &OwnedValue) -> Option<&str> {
    match literal {
        OwnedValue::Text(text) => Some(text),
        _ => None,
    }
}

fn as_number(literal: &OwnedValue) -> Option<f64> {
    match literal {
        OwnedValue::Number(number) => Some(*number),
        _ => None,
    }
}
