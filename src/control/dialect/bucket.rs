//! The buckets of units, as rollouts of a converted flag compute them.

use serde_json::Map;
use serde_json::Value;

use crate::document::rollout::bucketing::BucketingDialect;
use crate::rule::bucketing::murmur;
use crate::rule::bucketing::share_selection;
use crate::rule::bucketing::vendor_hash;

/// The attribute that identifies a user.
pub const TARGETING_KEY: &str = "targetingKey";

/// The text of an attribute that identifies a unit.
pub fn unit<'c>(context: &'c Map<String, Value>, attribute: &str) -> Option<&'c str> {
    context.get(attribute)?.as_str()
}

/// Returns true if a unit is in the first `percentage` of a hundred buckets. Without a unit, only all buckets are enough.
pub fn is_within(
    dialect: BucketingDialect,
    flag: &str,
    unit: Option<&str>,
    percentage: f64,
) -> bool {
    if percentage <= 0.0 || percentage >= 100.0 {
        return percentage >= 100.0;
    }
    let bucket = unit.and_then(|unit| vendor_hash::bucket(dialect, flag, unit));
    bucket.is_some_and(|bucket| f64::from(bucket) < percentage)
}

/// The index of the share of a unit among weights; independent of the bucket of participation.
pub fn split(flag: &str, unit: &str, weights: &[u32]) -> Option<usize> {
    let total: u32 = weights.iter().sum();
    let prefix = format!("{flag}/split/");
    // `cat` of the rule trims, as flagd does.
    let text = format!("{prefix}{unit}");
    let hash = murmur::hash([text.trim().as_bytes(), b""]);
    let bucket = share_selection::scale_to_bucket(hash, total);
    let mut above = 0;
    weights.iter().position(|weight| {
        above += weight;
        bucket < above
    })
}
