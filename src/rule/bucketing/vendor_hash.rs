//! The bucketing hashes of other flag services, for flags that migrate from them: a hundred buckets each.

use crate::document::rollout::bucketing::BucketingDialect;
use crate::rule::coerce;
use crate::rule::error::EvalError;
use crate::rule::scope::Args;
use crate::rule::scope::EvalResult;
use crate::rule::scope::Scope;
use crate::value::Value;

/// The bucket of a context without a unit: outside every share.
const NO_BUCKET: u32 = 100;

/// The bucket of a unit, from 0 to 99; `None` for a dialect that `fractional` computes.
pub fn bucket(dialect: BucketingDialect, seed: &str, unit: &str) -> Option<u32> {
    let seeded = || [seed, ":", unit];
    match dialect {
        BucketingDialect::FlagdMurmur3 | BucketingDialect::FlagdLegacy100 => None,
        BucketingDialect::Fnv1a => Some(fnv1a(unit)),
        BucketingDialect::Md5 => Some(md5(seeded())),
        BucketingDialect::Java31 => Some(java31(seeded())),
    }
}

/// The operator: the dialect's name, the seed, the unit.
pub fn apply<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let [Value::Text(name), Value::Text(seed), unit] = args.require_list()? else {
        return Err(EvalError::InvalidArguments);
    };
    let mut spelled = String::new();
    let unit = match *unit {
        Value::Text(unit) => unit,
        Value::Number(_) => {
            coerce::write_text(&mut spelled, *unit)?;
            &spelled
        }
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) => {
            return Ok(Value::Number(f64::from(NO_BUCKET)));
        }
    };
    scope.spend_steps(unit.len() / 2)?;
    let dialect = BucketingDialect::from_name(name).ok_or(EvalError::InvalidArguments)?;
    let bucket = bucket(dialect, seed, unit).ok_or(EvalError::InvalidArguments)?;
    Ok(Value::Number(f64::from(bucket)))
}

/// `h = 2166136261; h ^= unit; h = Math.imul(h, 16777619)` over UTF-16, then `abs(h) % 100`. In JavaScript the first
/// value is not yet a 32-bit integer, so the empty text is a special case.
fn fnv1a(text: &str) -> u32 {
    const BASIS: u32 = 2_166_136_261;
    if text.is_empty() {
        return BASIS % 100;
    }
    let step = |hash: u32, unit: u16| (hash ^ u32::from(unit)).wrapping_mul(16_777_619);
    let hash = text.encode_utf16().fold(BASIS, step);
    hash.cast_signed().unsigned_abs() % 100
}

/// The first eight hexadecimal digits as a number, `% 100`.
fn md5(parts: [&str; 3]) -> u32 {
    let mut digest = md5::Context::new();
    for part in parts {
        digest.consume(part);
    }
    let [a, b, c, d, ..] = digest.finalize().0;
    u32::from_be_bytes([a, b, c, d]) % 100
}

/// `h = (h << 5) - h + unit` in 32 bits over UTF-16, then `abs(h) % 100`.
fn java31(parts: [&str; 3]) -> u32 {
    let units = parts.iter().flat_map(|part| part.encode_utf16());
    let hash = units.fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    });
    hash.unsigned_abs() % 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialect_buckets_equal_recorded_buckets() {
        for (unit, want) in [
            ("", 61),
            ("a", 76),
            ("session-1", 97),
            ("session-42", 28),
            ("emp-42", 78),
            ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", 80),
            ("ünïcødé-😀", 78),
        ] {
            assert_eq!(
                bucket(BucketingDialect::Fnv1a, "any", unit),
                Some(want),
                "{unit}"
            );
        }
        for (flag, unit, md5, java31) in [
            ("new-checkout-flow", "user-1", 21, 7),
            ("new-checkout-flow", "user-42", 89, 94),
            ("enhanced-order-tracking", "user-42", 98, 43),
            ("remove-legacy-status-field", "user-42", 55, 72),
        ] {
            assert_eq!(
                bucket(BucketingDialect::Md5, flag, unit),
                Some(md5),
                "{flag}:{unit}"
            );
            assert_eq!(
                bucket(BucketingDialect::Java31, flag, unit),
                Some(java31),
                "{flag}:{unit}"
            );
        }
    }
}
