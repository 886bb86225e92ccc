//! How `fractional` finds a unit's share.

use ecow::EcoString;

use crate::analysis::model::input_domain::KeyPart;
use crate::rule::ArgumentRules;
use crate::rule::Rule;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::bucketing::fractional::BucketBy;
use crate::rule::bucketing::murmur;
use crate::rule::coerce;
use crate::rule::operator::Operator;
use crate::value::OwnedValue;
use crate::value::Value;

/// All hashes.
pub const HASH_SPACE: u64 = 1 << 32;

/// A `fractional` with constant shares.
#[derive(Debug)]
pub struct SymbolicFractional {
    /// What it buckets by.
    pub bucket_by: SymbolicBucketBy,
    /// The flag's key, which stands before the targeting key where the rule does not say what to bucket by.
    pub flag_key: EcoString,
    /// The index of `targetingKey`.
    pub targeting_key: usize,
    /// The first bucket above each share.
    pub cumulative_weights: Box<[u32]>,
    /// What each share yields.
    pub share_values: Vec<OwnedValue>,
    /// The first of the sites of the shares, where they are answers of the flag.
    pub first_share_branch: Option<usize>,
}

/// The hash of a bucketing key, as flagd 0.16 computes it.
pub fn bucketing_hash(key: &str) -> u32 {
    FractionalVersion::V2.hash_text(key)
}

/// What a `fractional` buckets by.
#[derive(Debug, PartialEq, Eq)]
pub enum SymbolicBucketBy {
    /// The flag's key and the targeting key.
    DefaultKey,
    /// An attribute that must be a string.
    Attribute(usize),
    /// Joined pieces, trimmed at both ends.
    Concatenated(Vec<KeyPart>),
    /// An expression that cannot be reasoned about.
    Opaque(usize),
}

/// What a candidate makes of a bucketing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShareOutcome {
    /// No unit: no share.
    NoShare,
    /// It faults.
    Fault,
    /// The share with this index.
    Share(usize),
    /// A hash of its own.
    DependsOnHash,
}

impl SymbolicFractional {
    /// The share of a known key.
    pub fn share_for_key(&self, key: &str) -> ShareOutcome {
        let Some(total) = self
            .cumulative_weights
            .last()
            .copied()
            .filter(|total| *total > 0)
        else {
            return ShareOutcome::NoShare;
        };
        let bucket = murmur::scale_to_bucket(bucketing_hash(key), total);
        let share = self
            .cumulative_weights
            .iter()
            .position(|bound| bucket < *bound);
        share.map_or(ShareOutcome::NoShare, ShareOutcome::Share)
    }

    /// The hashes of each share: from the first, up to but not including the second. Empty for a weight of 0.
    pub fn hash_intervals(&self) -> Vec<(u64, u64)> {
        let total = self.cumulative_weights.last().copied().map_or(0, u64::from);
        let mut from = 0;
        let interval = |bound: &u32| {
            let to = (u64::from(*bound) << 32).div_ceil(total.max(1));
            (std::mem::replace(&mut from, to), to)
        };
        self.cumulative_weights.iter().map(interval).collect()
    }
}

/// What a compiled key buckets by, its slots named by `attribute`; `None` if that cannot be reasoned about.
pub fn symbolic_bucket_by(
    key: &BucketBy,
    attribute: impl Fn(u16) -> Option<usize>,
) -> Option<SymbolicBucketBy> {
    let rule = match key {
        BucketBy::DefaultKey => return Some(SymbolicBucketBy::DefaultKey),
        BucketBy::Computed(parts) => &parts.0,
    };
    match rule {
        Rule::Text(text) => Some(SymbolicBucketBy::Concatenated(vec![KeyPart::Text(
            text.clone(),
        )])),
        Rule::Slot(slot) => attribute(*slot).map(SymbolicBucketBy::Attribute),
        Rule::Apply(parts) => match &**parts {
            (Operator::Cat, ArgumentRules::List(rules)) if rules.len() > 1 => {
                let parts = rules.iter().map(|rule| match rule {
                    Rule::Slot(slot) => attribute(*slot).map(KeyPart::Attribute),
                    _ => concat_text(&rule.as_constant()?).map(KeyPart::Text),
                });
                parts
                    .collect::<Option<Vec<KeyPart>>>()
                    .map(SymbolicBucketBy::Concatenated)
            }
            _ => None,
        },
        _ => None,
    }
}

/// A value as `cat` writes it; `None` if it refuses to.
pub fn concat_text(literal: &OwnedValue) -> Option<EcoString> {
    let mut text = String::new();
    let value = match literal {
        OwnedValue::Null => Value::Null,
        OwnedValue::Bool(b) => Value::Bool(*b),
        OwnedValue::Number(n) => Value::Number(*n),
        OwnedValue::Text(text) => Value::Text(text),
        OwnedValue::List(_) | OwnedValue::Map(_) => return None,
    };
    coerce::write_text(&mut text, value).ok()?;
    Some(text.into())
}

/// Pieces with neighbouring texts joined, and trimmed as `cat` does.
pub fn normalize_key(parts: Vec<KeyPart>) -> Vec<KeyPart> {
    let mut normal: Vec<KeyPart> = Vec::new();
    for part in parts {
        match (normal.last_mut(), part) {
            (Some(KeyPart::Text(before)), KeyPart::Text(text)) => {
                *before = format!("{before}{text}").into();
            }
            (_, part) => normal.push(part),
        }
    }
    if let Some(KeyPart::Text(first)) = normal.first_mut() {
        *first = first.trim_start().into();
    }
    if let Some(KeyPart::Text(last)) = normal.last_mut() {
        *last = last.trim_end().into();
    }
    normal.retain(|part| !matches!(part, KeyPart::Text(text) if text.is_empty()));
    normal
}
