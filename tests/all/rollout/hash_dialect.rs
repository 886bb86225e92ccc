//! Hash dialects: buckets of other flag services.

use fanion::document::DocumentFormat;
use serde_json::json;

use crate::support::evaluate;
use crate::support::evaluate::rollout::diagnostics;
use crate::support::evaluate::rollout::load_valid;
use crate::support::evaluate::rollout::rollout_document;
use crate::support::evaluate::rollout::user;
use crate::support::evaluate::rollout::variant;

/// Known weaknesses of a hash dialect are reported.
#[test]
fn dialects_with_known_weaknesses_are_reported() {
    for (dialect, percentage, want) in [
        ("java31-abs100", json!(10), Some("overlap by 0 to 95 %")),
        (
            "fnv1a32-abs100",
            json!(10),
            Some("every rollout begins with the same units"),
        ),
        ("md5-8hex-100", json!(10), None),
        ("md5-8hex-100", json!(0.5), Some("rounds shares up")),
        ("flagd-murmur3", json!(0.5), None),
        ("flagd-murmur3-legacy100", json!(0.5), None),
    ] {
        let members =
            json!({"rollout": {"variant": "on", "percentage": percentage, "dialect": dialect}});
        let told = diagnostics(&members);
        let found = told.iter().find(|line| line.contains("F021"));
        assert_eq!(found.is_some(), want.is_some(), "{told:?}");
        assert!(
            found.is_none_or(|line| line.contains(want.unwrap_or(""))),
            "{told:?}"
        );
    }
}

/// A share selects the same users as the service that the dialect copies.
#[test]
fn dialect_buckets_equal_those_of_the_original_service() {
    for (dialect, key, unit_key, bucket) in [
        ("java31-abs100", "new-checkout-flow", "user-1", 7),
        ("java31-abs100", "new-checkout-flow", "user-42", 94),
        ("java31-abs100", "enhanced-order-tracking", "user-42", 43),
        ("java31-abs100", "remove-legacy-status-field", "user-42", 72),
        ("md5-8hex-100", "new-checkout-flow", "user-1", 21),
        ("md5-8hex-100", "new-checkout-flow", "user-42", 89),
        ("md5-8hex-100", "enhanced-order-tracking", "user-42", 98),
        ("md5-8hex-100", "remove-legacy-status-field", "user-42", 55),
        ("fnv1a32-abs100", "any", "session-42", 28),
        ("fnv1a32-abs100", "other", "session-42", 28),
        ("fnv1a32-abs100", "any", "ünïcødé-😀", 78),
    ] {
        for percentage in [0, 1, bucket, bucket + 1, 99, 100] {
            let rollout = json!({"variant": "on", "percentage": percentage, "dialect": dialect});
            let flag = json!({"variants": {"on": 1, "off": 0}, "defaultVariant": "off", "rollout": rollout});
            let (ruleset, _) = evaluate::load(
                &json!({"flags": {key: flag}}).to_string(),
                DocumentFormat::Json,
            );
            let answer = evaluate::evaluate(&ruleset, key, &user(unit_key));
            let want = if bucket < percentage { "on" } else { "off" };
            assert_eq!(
                answer["variant"], want,
                "{dialect} {key} {unit_key} at {percentage}"
            );
            if percentage < 100 {
                let nobody = evaluate::evaluate(&ruleset, key, &json!({}));
                assert_eq!(nobody["variant"], "off", "{dialect} without a unit");
            }
        }
    }
}

/// Recorded hashes, and the buckets in hundredths that flagd computes from them.
#[test]
fn murmur_buckets_equal_recorded_buckets() {
    for (unit, hash, bucket) in [
        ("emp-42", 170_476_636, 3),
        ("user-1", 4_171_401_059, 97),
        ("user-123", 2_674_956_871, 62),
        ("alice", 1_280_413_405, 29),
    ] {
        let found = fanion::rule::bucketing::murmur::hash([unit.as_bytes(), &[]]);
        assert_eq!(found, hash, "{unit}");
        for percentage in [bucket, bucket + 1] {
            let shares =
                json!([{"var": "targetingKey"}, ["on", percentage], ["off", 100 - percentage]]);
            let members = json!({"targeting": {"fractional": shares}});
            let want = if bucket < percentage { "on" } else { "off" };
            let flags = load_valid(&rollout_document(&members));
            assert_eq!(variant(&flags, &user(unit)), want, "{unit} at {percentage}");
        }
    }
}

/// The bucket calculation of flagd up to 0.14.5.
fn legacy_bucket(key: &str) -> f64 {
    let hash = fanion::rule::bucketing::murmur::hash([key.as_bytes(), &[]]).cast_signed();
    f64::from(hash).abs() / f64::from(i32::MAX) * 100.0
}

#[test]
fn legacy100_dialect_buckets_as_flagd_before_0_15() {
    for percentage in [0.5, 5.0, 33.3, 97.0] {
        let rollout = json!({"variant": "on", "percentage": percentage, "dialect": "flagd-murmur3-legacy100"});
        let flags = load_valid(&rollout_document(&json!({ "rollout": rollout })));
        for i in 0..5000 {
            let key = format!("user-{i}");
            let want = legacy_bucket(&format!("f{key}")) < percentage;
            assert_eq!(
                variant(&flags, &user(&key)) == "on",
                want,
                "{key} at {percentage}"
            );
        }
    }
}
