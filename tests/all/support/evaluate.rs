//! Evaluation without a server: a document and a context in, an answer out.

use std::sync::Arc;

use bumpalo::Bump;
use fanion::decision::Decision;
use fanion::diag::Diagnostic;
use fanion::document;
use fanion::document::DocumentFormat;
use fanion::document::DocumentOrigin;
use fanion::document::merge::merge_documents;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::ruleset::Ruleset;
use fanion::wire::Codec;
use fanion::wire::evaluation::request::ResolveRequest;
use serde_json::Value;
use serde_json::json;

/// Where the documents of tests come from.
pub fn origin() -> DocumentOrigin {
    let file: Arc<str> = "flags.yaml".into();
    let source = file.clone();
    DocumentOrigin { source, file }
}

/// The flags of a document, and everything that is wrong with it.
pub fn load(text: &str, format: DocumentFormat) -> (Ruleset, Vec<Diagnostic>) {
    let parsed = document::parse(text, format, &origin());
    let mut diagnostics = parsed.diagnostics;
    let document = parsed.document.unwrap_or_default();
    let (ruleset, found) =
        ruleset::compile(&merge_documents([&document]), FractionalVersion::default());
    diagnostics.extend(found);
    (ruleset, diagnostics)
}

/// What a flag answers to a context: variant and reason, or an error code.
pub fn ask(ruleset: &Ruleset, key: &str, context: &Value) -> Value {
    let body = json!({ "context": context }).to_string();
    let flag = ruleset.flag(key).expect("the flag is there");
    let arena = Bump::new();
    let attributes =
        ResolveRequest::decode_resolve_all(Codec::Json, body.as_bytes()).expect("a context");
    let context = attributes.context_for_flag(flag, &[], &arena, 1_763_600_000.0);
    match flag.decide(&context.expect("a context")) {
        Decision::Variant(index, reason) => {
            json!({"variant": &*flag.variant_names[usize::from(index)], "reason": reason.as_str()})
        }
        Decision::Disabled => json!({"reason": "DISABLED"}),
        Decision::NoDefault => json!({"reason": "DEFAULT"}),
        Decision::Error(code) => json!({"errorCode": code.as_str()}),
    }
}

/// What a rule yields for a context, spelled as the name of a variant; `default` and error codes likewise.
pub fn check(rule: &str, context: &str, want: &str) {
    let rule: Value = serde_json::from_str(rule).expect("a rule in JSON");
    let context: Value = serde_json::from_str(context).expect("a context in JSON");
    let names = [
        "a", "b", "on", "off", "true", "false", "0", "1", "2", "10", want,
    ];
    let variants: serde_json::Map<_, _> =
        names.iter().map(|n| ((*n).to_owned(), json!(n))).collect();
    let flag = json!({"variants": variants, "defaultVariant": "off", "targeting": rule});
    let document = json!({"flags": {"f": flag}}).to_string();
    let (ruleset, _) = load(&document, DocumentFormat::Json);
    let answer = ask(&ruleset, "f", &context);
    let got = match (&answer["errorCode"], &answer["reason"]) {
        (Value::String(code), _) => code,
        (_, Value::String(reason)) if reason == "DEFAULT" => "default",
        _ => answer["variant"].as_str().expect("a variant"),
    };
    let shown: String = context.to_string().chars().take(200).collect();
    assert_eq!(got, want, "{rule} for {shown}");
}

/// The variant that a rule of the third version of `fractional` chooses, if it chooses one.
fn third(rule: &Value, context: &Value) -> Option<String> {
    let variants: serde_json::Map<_, _> = (0..1000).map(|n| (n.to_string(), json!(n))).collect();
    let flag = json!({"variants": variants, "targeting": rule});
    let document = json!({"flags": {"f": flag}}).to_string();
    let parsed = document::parse(&document, DocumentFormat::Json, &origin());
    let (ruleset, _) = ruleset::compile(&parsed.document.expect("flags"), FractionalVersion::V3);
    let answer = ask(&ruleset, "f", context);
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
    let of = |unit: Value| third(&x, &json!({"x": unit, "targetingKey": "u"}));
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
    assert_eq!(of(Value::Null), None, "null is no unit");
    assert_eq!(third(&by(Value::Null), &json!({"targetingKey": "u"})), None);
    // A rule that computes its key, constants, and shares that are computed agree with plain ones.
    let cat = by(json!({"cat": [{"var": "x"}, ""]}));
    assert_eq!(third(&cat, &json!({"x": "unit"})), of(json!("unit")));
    assert_eq!(third(&by(json!(7)), &json!({})), of(json!(7)));
    let identity = json!({"fractional": shares});
    let named = third(&identity, &json!({"targetingKey": "u"}));
    assert!(named.is_some());
    let first = json!({"merge": ["0", 1]});
    let items: Vec<Value> = [first].into_iter().chain(shares[1..].to_vec()).collect();
    let computed = json!({"fractional": items});
    assert_eq!(third(&computed, &json!({"targetingKey": "u"})), named);
    assert_eq!(third(&identity, &json!({"targetingKey": 5})), None);
}

#[test]
fn missing_targeting_key_falls_back_to_default() {
    check(r#"{"fractional": [["a", 50], ["b", 50]]}"#, "{}", "default");
}

#[test]
fn legacy_fractional_takes_a_property_name_or_an_expression() {
    let context = r#"{"email": "user@example.com", "targetingKey": "other"}"#;
    let modern = r#"{"fractional": [{"var": "email"}, ["a", 50], ["b", 50]]}"#;
    {
        let (rule, wants) = (modern, ["a", "b"]);
        let won = wants
            .iter()
            .find(|want| std::panic::catch_unwind(|| check(rule, context, want)).is_ok());
        let won = won.expect("one of two shares");
        check(
            r#"{"fractionalEvaluation": ["email", ["a", 50], ["b", 50]]}"#,
            context,
            won,
        );
        check(
            r#"{"fractionalEvaluation": [{"var": "email"}, ["a", 50], ["b", 50]]}"#,
            context,
            won,
        );
    }
}

#[test]
fn var_default_applies_to_missing_and_null_attributes() {
    check(r#"{"var": ["x", "a"]}"#, "{}", "a");
    check(r#"{"var": ["x", "a"]}"#, r#"{"x": null}"#, "a");
    check(r#"{"var": ["x.y", "a"]}"#, r#"{"x": {"y": "b"}}"#, "b");
    check(r#"{"var": "x.1"}"#, r#"{"x": ["a", "b"]}"#, "b");
}

#[test]
fn caller_cannot_override_flagd_properties() {
    let context = r#"{"$flagd": {"flagKey": "evil", "timestamp": 1}}"#;
    check(
        r#"{"if": [{"==": [{"var": "$flagd.flagKey"}, "f"]}, "a", "b"]}"#,
        context,
        "a",
    );
    check(
        r#"{"if": [{">": [{"var": "$flagd.timestamp"}, 1000]}, "a", "b"]}"#,
        context,
        "a",
    );
    check(
        r#"{"if": [{"var": "$flagd.other"}, "a", "b"]}"#,
        context,
        "b",
    );
    let dynamic = r#"{"if": [{"==": [{"var": {"cat": ["$flagd.", "flagKey"]}}, "f"]}, "a", "b"]}"#;
    check(dynamic, context, "a");
}

#[test]
fn outer_variable_shadows_item_field_in_filter_but_not_in_map() {
    let context = r#"{"id": 1, "items": [{"id": 1}, {"id": 2}]}"#;
    let filter = r#"{"if": [{"==": [{"var": "0"}, 1]}, "a", "b"]}"#;
    check(filter, context, "b");
    let filter = r#"{"reduce": [{"filter": [{"var": "items"}, {"==": [{"var": "id"}, 1]}]},
        {"+": [{"var": "accumulator"}, 1]}, 0]}"#;
    check(filter, context, "2");
    let map = r#"{"reduce": [{"map": [{"var": "items"}, {"var": "id"}]},
        {"+": [{"var": "accumulator"}, {"var": "current"}]}, 0]}"#;
    check(map, context, "3");
}

#[test]
fn fractional_over_scalar_items_has_no_targeting_key() {
    let rule = r#"{"some": [{"var": "l"}, {"fractional": ["key", ["on", null]]}]}"#;
    check(rule, r#"{"l": [3]}"#, "false");
    check(rule, r#"{"l": [{"x": 3}]}"#, "true");
}

#[test]
fn nested_scans_exceed_the_step_limit() {
    let many: Vec<u32> = (0..100_000).collect();
    let context = json!({"a": many, "b": many, "c": ["x"]}).to_string();
    check(
        r#"{"contains_any": [{"var": "a"}, {"map": [{"var": "b"}, {"+": [{"var": ""}, 0.5]}]}]}"#,
        &context,
        "PARSE_ERROR",
    );
    let constants: Vec<String> = (0..1000).map(|i| format!("t{i}")).collect();
    let rule = json!({"some": [{"var": "a"}, {"contains_any": [{"var": "c"}, constants]}]});
    check(&rule.to_string(), &context, "PARSE_ERROR");
}

#[test]
fn nested_list_operations_exceed_the_step_limit() {
    let items: Vec<u32> = (0..3000).collect();
    let context = json!({"l": items}).to_string();
    let rule = r#"{"some": [{"var": "l"}, {"all": [{"var": "l"}, {"some": [{"var": "l"}, {"<": [{"var": ""}, -1]}]}]}]}"#;
    check(rule, &context, "PARSE_ERROR");
}
