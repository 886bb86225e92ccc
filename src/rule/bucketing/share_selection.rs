//! Weights, buckets and shares of `fractional`: the arithmetic that maps a hash to a share.

use crate::number;
use crate::value::Value;

/// The largest weight, and the largest sum of weights.
pub const MAX_WEIGHT: i64 = i32::MAX as i64;

/// The value of the share that a hash falls into; `None` if a share or the sum of weights is invalid.
pub fn share_value_for_hash<'a>(hash: u32, shares: &[Value<'a>]) -> Option<Value<'a>> {
    let mut total = 0;
    for share in shares {
        total += parse_weight(parse_share(*share)?.1)?;
    }
    let total = u32::try_from(total)
        .ok()
        .filter(|t| i64::from(*t) <= MAX_WEIGHT)?;
    let bucket = i64::from(scale_to_bucket(hash, total));
    let mut end = 0;
    shares.iter().find_map(|share| {
        let (variant, weight) = parse_share(*share)?;
        end += parse_weight(weight)?;
        (bucket < end).then_some(variant)
    })
}

/// The value and the weight of `[value, weight]`.
fn parse_share(share: Value<'_>) -> Option<(Value<'_>, Value<'_>)> {
    let Value::List([variant, rest @ ..]) = share else {
        return None;
    };
    match variant {
        Value::List(_) | Value::Map(_) => None,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {
            Some((*variant, rest.first().copied().unwrap_or(Value::Null)))
        }
    }
}

/// A weight: 1 if it is missing, 0 if it is negative, `None` if it is not a whole number or too large.
pub fn parse_weight(value: Value<'_>) -> Option<i64> {
    match value {
        Value::Null => Some(1),
        Value::Number(n) => {
            let whole = number::truncate_to_i64(n);
            (whole as f64 == n && whole <= MAX_WEIGHT).then_some(whole.max(0))
        }
        Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => None,
    }
}

/// The bucket of a hash among `total` buckets: 0 to `total - 1`.
pub fn scale_to_bucket(hash: u32, total: u32) -> u32 {
    let scaled = (u64::from(hash) * u64::from(total)) >> 32;
    u32::try_from(scaled).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_hashes_have_stable_buckets() {
        assert_eq!(scale_to_bucket(u32::MAX, 100), 99);
        assert_eq!(scale_to_bucket(170_476_636, 100), 3);
    }
}
