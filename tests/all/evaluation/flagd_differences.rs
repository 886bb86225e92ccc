//! Tests of the deliberate differences from flagd in evaluation, as docs/compatibility.md lists them.

use fanion::document::DocumentFormat;
use fanion::document::FaultPolicy;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::source::layer;
use fanion::source::layer::compile::CompileOptions;
use serde_json::json;

use crate::support::evaluate;
use crate::support::evaluate::assert_variant;
use crate::support::server;
use crate::support::server::http_client;

#[test]
fn context_values_are_never_evaluated_as_rules() {
    // flagd evaluates the result of an `if` branch as a rule: a caller could read any attribute or cause an error.
    let rule = r#"{"if": [true, {"var": "m"}]}"#;
    assert_variant(
        rule,
        r#"{"m": {"var": "secret"}, "secret": "on"}"#,
        "GENERAL",
    );
    assert_variant(rule, r#"{"m": {"no_such_operator": []}}"#, "GENERAL");
    // The same holds for results of `set`, and for outer variables in list operations.
    assert_variant(
        r#"{"if": [{"set": [{}, "var", "x"]}, "a", "b"]}"#,
        "{}",
        "a",
    );
    let rule = r#"{"if": [{"filter": [[1], {"var": "m"}]}, "a", "b"]}"#;
    assert_variant(rule, r#"{"m": {"no_such_operator": []}}"#, "a");
}

#[test]
fn variable_that_is_not_evaluated_cannot_fail() {
    // flagd's library reads the variables in the body of a list operation before it evaluates the body.
    let rule = r#"{"if": [{"some": [[1], {"or": [{"var": ""}, {"var": false}]}]}, "a", "b"]}"#;
    assert_variant(rule, "{}", "a");
}

#[test]
fn variant_names_with_special_characters_are_selectable() {
    for name in ["a<b", "a&b", "a>b", "a\\b", "a\u{2028}b"] {
        assert_variant(
            &json!({"var": "v"}).to_string(),
            &json!({ "v": name }).to_string(),
            name,
        );
    }
}

#[test]
fn subtraction_without_operands_is_zero() {
    // flagd's library returns an integer here and floats otherwise, and `===` never holds between the two.
    assert_variant(r#"{"if": [{"===": [{"-": []}, 0]}, "a", "b"]}"#, "{}", "a");
}

#[tokio::test]
async fn resolve_all_returns_the_targeted_variant_of_any_type() {
    let flags = json!({"flags": {"f": {"variants": {"b": true, "s": "text"}, "defaultVariant": "b",
        "targeting": "s"}}});
    let (server, _dir) = server::serve_text("flags.json", &flags.to_string()).await;
    let answer = http_client::call(&server, "/flagd.evaluation.v1.Service/ResolveAll", "{}")
        .await
        .json();
    assert_eq!(answer["flags"]["f"]["stringValue"], "text");
    assert_eq!(answer["flags"]["f"]["reason"], "TARGETING_MATCH");
}

#[tokio::test]
async fn schema_v1_reports_reason_default_without_default_variant() {
    let flags = json!({"flags": {"f": {"variants": {"a": true}}}});
    let (server, _dir) = server::serve_text("flags.json", &flags.to_string()).await;
    let body = r#"{"flagKey":"f"}"#;
    let answer = http_client::call(&server, "/schema.v1.Service/ResolveBoolean", body)
        .await
        .json();
    assert_eq!(answer["reason"], "DEFAULT");
}

#[test]
fn duplicate_key_is_won_by_later_source_then_greater_flag_set() {
    let list = |order: [&str; 2]| {
        let flag = |set: &&str| json!({"key": "k", "variants": {*set: 1}, "defaultVariant": set, "metadata": {"flagSetId": set}});
        json!({"flags": order.iter().map(flag).collect::<Vec<_>>()}).to_string()
    };
    for order in [["a", "z"], ["z", "a"]] {
        let (ruleset, _) = evaluate::load(&list(order), DocumentFormat::Json);
        assert_eq!(
            evaluate::evaluate(&ruleset, "k", &json!({}))["variant"],
            "z"
        );
    }
}

#[test]
fn invalid_flag_is_isolated_unless_strict() {
    let text = br#"{"flags": {"bad": {"state": 3}, "good": {}}}"#;
    let read = |faults| {
        let manner = CompileOptions {
            faults,
            fractional_version: FractionalVersion::default(),
        };
        layer::compile::compile(
            DocumentFormat::Json,
            &evaluate::origin(),
            text,
            manner,
            None,
        )
    };
    let (contained, told) = read(FaultPolicy::IsolateFlag);
    assert_eq!(contained.map(|layer| layer.flags.len()), Some(2));
    assert_eq!(told.len(), 1);
    let (refused, _) = read(FaultPolicy::RejectDocument);
    assert!(refused.is_none());
}

#[test]
fn evaluators_may_reference_each_other_in_any_order() {
    // flagd substitutes references in random order, so a reference inside an evaluator is resolved only sometimes.
    for names in [["a", "b"], ["b", "a"]] {
        let [outer, inner] = names;
        let text = json!({
            "$evaluators": {outer: {"!": [{"$ref": inner}]}, inner: {"var": "k"}},
            "flags": {"f": {"variants": {"y": 1, "n": 0}, "targeting": {"if": [{"$ref": outer}, "y", "n"]}}},
        });
        let (ruleset, diagnostics) = evaluate::load(&text.to_string(), DocumentFormat::Json);
        assert_eq!(diagnostics, []);
        assert_eq!(
            evaluate::evaluate(&ruleset, "f", &json!({"k": true}))["variant"],
            "n"
        );
    }
}
