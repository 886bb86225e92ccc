//! The `fractional` operator: bucketing values, missing targeting keys, the legacy name.

use fanion::document;
use fanion::document::DocumentFormat;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate::assert_variant;
use crate::support::evaluate::evaluate;
use crate::support::evaluate::origin;
use crate::support::evaluate::rule_result;

/// Returns the variant that a rule selects with version 3 of `fractional`; `None` if it selects none.
fn evaluate_fractional_v3(rule: &Value, context: &Value) -> Option<String> {
    let variants: serde_json::Map<_, _> = (0..1000).map(|n| (n.to_string(), json!(n))).collect();
    let flag = json!({"variants": variants, "targeting": rule});
    let document = json!({"flags": {"f": flag}}).to_string();
    let parsed = document::parse(&document, DocumentFormat::Json, &origin());
    let (ruleset, _) = ruleset::compile(&parsed.document.expect("flags"), FractionalVersion::V3);
    let answer = evaluate(&ruleset, "f", context);
    answer["variant"].as_str().map(str::to_owned)
}

#[test]
fn fractional_v3_accepts_bucketing_values_of_any_type() {
    let shares: Vec<Value> = (0..1000).map(|n| json!([n.to_string(), 1])).collect();
    let by = |key: Value| {
        let items: Vec<Value> = [key].into_iter().chain(shares.clone()).collect();
        json!({"fractional": items})
    };
    let x = by(json!({"var": "x"}));
    let of = |unit: Value| evaluate_fractional_v3(&x, &json!({"x": unit, "targetingKey": "u"}));
    assert_eq!(of(json!(1)), of(json!(1.0)));
    assert_eq!(of(json!({"a": 1, "b": 2})), of(json!({"b": 2, "a": 1})));
    let units = [
        json!(true),
        json!(1),
        json!("1"),
        json!(1.5),
        json!({}),
        json!({"a": []}),
    ];
    let picks: std::collections::BTreeSet<_> = units.iter().map(|u| of(u.clone())).collect();
    assert_eq!(picks.len(), units.len(), "{picks:?}");
    assert_eq!(of(Value::Null), None, "null is not a bucketing value");
    assert_eq!(
        evaluate_fractional_v3(&by(Value::Null), &json!({"targetingKey": "u"})),
        None
    );
    // Computed bucketing values and computed shares have the same buckets as plain ones.
    let cat = by(json!({"cat": [{"var": "x"}, ""]}));
    assert_eq!(
        evaluate_fractional_v3(&cat, &json!({"x": "unit"})),
        of(json!("unit"))
    );
    assert_eq!(
        evaluate_fractional_v3(&by(json!(7)), &json!({})),
        of(json!(7))
    );
    let identity = json!({"fractional": shares});
    let named = evaluate_fractional_v3(&identity, &json!({"targetingKey": "u"}));
    assert!(named.is_some());
    let first = json!({"merge": ["0", 1]});
    let items: Vec<Value> = [first].into_iter().chain(shares[1..].to_vec()).collect();
    let computed = json!({"fractional": items});
    assert_eq!(
        evaluate_fractional_v3(&computed, &json!({"targetingKey": "u"})),
        named
    );
    assert_eq!(
        evaluate_fractional_v3(&identity, &json!({"targetingKey": 5})),
        None
    );
}

#[test]
fn missing_targeting_key_falls_back_to_default() {
    assert_variant(r#"{"fractional": [["a", 50], ["b", 50]]}"#, "{}", "default");
}

#[test]
fn legacy_fractional_takes_a_property_name_or_an_expression() {
    let context = r#"{"email": "user@example.com", "targetingKey": "other"}"#;
    let modern = r#"{"fractional": [{"var": "email"}, ["a", 50], ["b", 50]]}"#;
    let want = rule_result(modern, context);
    assert!(["a", "b"].contains(&&*want), "{want}");
    for first in ["\"email\"", "{\"var\": \"email\"}"] {
        let legacy = format!("{{\"fractionalEvaluation\": [{first}, [\"a\", 50], [\"b\", 50]]}}");
        assert_variant(&legacy, context, &want);
    }
}
