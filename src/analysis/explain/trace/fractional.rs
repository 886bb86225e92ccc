//! The trace of a `fractional`: the bucketing key, its hash and bucket, and the bucket range of each share.

use crate::analysis::model::bucketing;
use crate::analysis::model::owned_context::OwnedContext;
use crate::rule::bucketing::share_selection;
use crate::value::OwnedValue;
use crate::value::Value;

/// The assignment of a unit to a share.
#[derive(Debug)]
pub struct FractionalTrace {
    /// The bucketing key.
    pub key: String,
    /// Its hash.
    pub hash: u32,
    /// The unit's bucket: `hash * total >> 32`.
    pub bucket: u32,
    /// The sum of the weights: the number of buckets.
    pub total: u32,
    /// The shares, in order.
    pub shares: Vec<ShareRange>,
}

/// One share.
#[derive(Debug)]
pub struct ShareRange {
    /// The value of the share.
    pub value: OwnedValue,
    /// Its first bucket.
    pub first_bucket: u32,
    /// The bucket after its last one.
    pub end_bucket: u32,
}

impl FractionalTrace {
    /// The index of the unit's share, and the share.
    pub fn selected_share(&self) -> Option<(usize, &ShareRange)> {
        let mut shares = self.shares.iter().enumerate();
        shares.find(|(_, share)| (share.first_bucket..share.end_bucket).contains(&self.bucket))
    }

    /// Returns true if the selected share yields a result.
    pub fn explains_result(&self, result: Option<&OwnedValue>) -> bool {
        self.selected_share().map(|(_, share)| &share.value) == result
    }

    /// The position of the unit's hash among all hashes, in percent.
    pub fn hash_percentile(&self) -> f64 {
        bucketing::hash_percentile(self.hash.into())
    }
}

/// Assigns a unit to a share, from evaluated arguments; `None` where flagd yields null.
pub fn trace_fractional(
    operands: &[OwnedValue],
    flag_key: &str,
    asker: &OwnedContext,
) -> Option<FractionalTrace> {
    let (key, rest) = match operands.split_first()? {
        (OwnedValue::Text(key), rest) => (key.to_string(), rest),
        (OwnedValue::Null, rest) => (default_bucketing_key(flag_key, asker)?, rest),
        _ => (default_bucketing_key(flag_key, asker)?, operands),
    };
    let mut total = 0;
    let mut shares = Vec::new();
    for share in rest {
        let OwnedValue::List(parts) = share else {
            return None;
        };
        let (value, weight) = (parts.first()?, parts.get(1));
        let weight = match weight {
            None | Some(OwnedValue::Null) => Value::Null,
            Some(OwnedValue::Number(n)) => Value::Number(*n),
            Some(_) => return None,
        };
        let from = total;
        total += u32::try_from(share_selection::parse_weight(weight)?).ok()?;
        let value = value.clone();
        shares.push(ShareRange {
            value,
            first_bucket: from,
            end_bucket: total,
        });
    }
    let hash = bucketing::bucketing_hash(&key);
    Some(FractionalTrace {
        bucket: share_selection::scale_to_bucket(hash, total),
        key,
        hash,
        total,
        shares,
    })
}

fn default_bucketing_key(flag_key: &str, asker: &OwnedContext) -> Option<String> {
    match asker.value_at_path("targetingKey") {
        OwnedValue::Text(unit) if !unit.is_empty() => Some(format!("{flag_key}{unit}")),
        _ => None,
    }
}
