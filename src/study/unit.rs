//! How `fractional` finds a unit's share.

use ecow::EcoString;

use crate::rule::Arguments;
use crate::rule::Rule;
use crate::rule::bucket;
use crate::rule::coerce;
use crate::rule::fractional::Key;
use crate::rule::operator::Operator;
use crate::rule::unit::Version;
use crate::study::space::Part;
use crate::value::Literal;
use crate::value::Value;

/// All hashes.
pub const HASHES: u64 = 1 << 32;

/// A `fractional` with constant shares.
#[derive(Debug)]
pub struct Split {
    /// What it buckets by.
    pub by: By,
    /// The flag's key, which stands before the targeting key where the rule does not say what to bucket by.
    pub flag_key: EcoString,
    /// The index of `targetingKey`.
    pub targeting_key: usize,
    /// The first bucket above each share.
    pub bounds: Box<[u32]>,
    /// What each share yields.
    pub shares: Vec<Literal>,
    /// The first of the sites of the shares, where they are answers of the flag.
    pub sites: Option<usize>,
}

/// The hash of a bucketing key, as flagd 0.16 computes it.
pub fn hash(key: &str) -> u32 {
    Version::V2.text(key)
}

/// What a `fractional` buckets by.
#[derive(Debug, PartialEq, Eq)]
pub enum By {
    /// The flag's key and the targeting key.
    Identity,
    /// An attribute that must be a string.
    Attribute(usize),
    /// Joined pieces, trimmed at both ends.
    Joined(Vec<Part>),
    /// An expression that cannot be reasoned about.
    Hidden(usize),
}

/// What a candidate makes of a bucketing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lot {
    /// No unit: no share.
    Nothing,
    /// It faults.
    Fault,
    /// The share with this index.
    Share(usize),
    /// A hash of its own.
    Open,
}

impl Split {
    /// The share of a known key.
    pub fn share_of(&self, key: &str) -> Lot {
        let Some(total) = self.bounds.last().copied().filter(|total| *total > 0) else {
            return Lot::Nothing;
        };
        let bucket = bucket::bucket(hash(key), total);
        let share = self.bounds.iter().position(|bound| bucket < *bound);
        share.map_or(Lot::Nothing, Lot::Share)
    }

    /// The hashes of each share: from the first, up to but not including the second. Empty for a weight of 0.
    pub fn intervals(&self) -> Vec<(u64, u64)> {
        let total = self.bounds.last().copied().map_or(0, u64::from);
        let mut from = 0;
        let interval = |bound: &u32| {
            let to = (u64::from(*bound) << 32).div_ceil(total.max(1));
            (std::mem::replace(&mut from, to), to)
        };
        self.bounds.iter().map(interval).collect()
    }
}

/// What a compiled key buckets by, its slots named by `attribute`; `None` if that cannot be reasoned about.
pub fn by(key: &Key, attribute: impl Fn(u16) -> Option<usize>) -> Option<By> {
    let rule = match key {
        Key::Identity => return Some(By::Identity),
        Key::Rule(parts) => &parts.0,
    };
    match rule {
        Rule::Text(text) => Some(By::Joined(vec![Part::Text(text.clone())])),
        Rule::Slot(slot) => attribute(*slot).map(By::Attribute),
        Rule::Apply(parts) => match &**parts {
            (Operator::Cat, Arguments::List(rules)) if rules.len() > 1 => {
                let parts = rules.iter().map(|rule| match rule {
                    Rule::Slot(slot) => attribute(*slot).map(Part::Attribute),
                    _ => written(&rule.as_constant()?).map(Part::Text),
                });
                parts.collect::<Option<Vec<Part>>>().map(By::Joined)
            }
            _ => None,
        },
        _ => None,
    }
}

/// A value as `cat` writes it; `None` if it refuses to.
pub fn written(literal: &Literal) -> Option<EcoString> {
    let mut text = String::new();
    let value = match literal {
        Literal::Null => Value::Null,
        Literal::Bool(b) => Value::Bool(*b),
        Literal::Number(n) => Value::Number(*n),
        Literal::Text(text) => Value::Text(text),
        Literal::List(_) | Literal::Map(_) => return None,
    };
    coerce::write_text(&mut text, value).ok()?;
    Some(text.into())
}

/// Pieces with neighbouring texts joined, and trimmed as `cat` does.
pub fn normal(parts: Vec<Part>) -> Vec<Part> {
    let mut normal: Vec<Part> = Vec::new();
    for part in parts {
        match (normal.last_mut(), part) {
            (Some(Part::Text(before)), Part::Text(text)) => {
                *before = format!("{before}{text}").into();
            }
            (_, part) => normal.push(part),
        }
    }
    if let Some(Part::Text(first)) = normal.first_mut() {
        *first = first.trim_start().into();
    }
    if let Some(Part::Text(last)) = normal.last_mut() {
        *last = last.trim_end().into();
    }
    normal.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
    normal
}
