//! Bucketing of a `fractional` with constant shares: its bucketing key, hash intervals, and the share of a known key.

pub mod key_part;

use ecow::EcoString;

use crate::analysis::model::bucketing::key_part::KeyPart;
use crate::diag::Position;
use crate::rule::ArgumentRules;
use crate::rule::Rule;
use crate::rule::ast::BucketBy;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::bucketing::share_selection;
use crate::rule::operator::Operator;
use crate::value::OwnedValue;

/// The number of hashes.
pub const HASH_SPACE: u64 = 1 << 32;

/// The position of a hash among all hashes, in percent.
pub fn hash_percentile(hash: u64) -> f64 {
    hash as f64 * 100.0 / HASH_SPACE as f64
}

/// A `fractional` with constant shares.
#[derive(Debug)]
pub struct SymbolicFractional {
    /// The position of its first argument.
    pub position: Position,
    /// The bucketing key.
    pub bucket_by: SymbolicBucketBy,
    /// The flag's key, the prefix of the default bucketing key.
    pub flag_key: EcoString,
    /// The index of the attribute `targetingKey`.
    pub targeting_key: usize,
    /// The end bucket of each share: the sum of the weights up to it.
    pub cumulative_weights: Box<[u32]>,
    /// The value of each share.
    pub share_values: Vec<OwnedValue>,
    /// The index of the first share's branch, if the shares are results of the flag.
    pub first_share_branch: Option<usize>,
}

/// The hash of a bucketing key, as flagd 0.16 computes it.
pub fn bucketing_hash(key: &str) -> u32 {
    FractionalVersion::V2.hash_text(key)
}

/// The bucketing key of a `fractional`.
#[derive(Debug, PartialEq, Eq)]
pub enum SymbolicBucketBy {
    /// The flag's key and the targeting key.
    DefaultKey,
    /// An attribute that must be a string.
    Attribute(usize),
    /// Concatenated parts, trimmed at both ends.
    Concatenated(Vec<KeyPart>),
    /// An opaque expression, by its index.
    Opaque(usize),
}

/// The share that a representative value selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShareOutcome {
    /// No bucketing key, hence no share.
    NoShare,
    /// The evaluation fails.
    Fault,
    /// The share with this index.
    Share(usize),
    /// The share depends on the hash.
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
        let bucket = share_selection::scale_to_bucket(bucketing_hash(key), total);
        let share = self
            .cumulative_weights
            .iter()
            .position(|bound| bucket < *bound);
        share.map_or(ShareOutcome::NoShare, ShareOutcome::Share)
    }

    /// The half-open hash interval of each share; empty for a weight of 0.
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

/// The symbolic form of a compiled bucketing key, its slots resolved by `attribute`; `None` if it is unsupported.
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
                    _ => key_part::concat_text(&rule.as_constant()?).map(KeyPart::Text),
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
