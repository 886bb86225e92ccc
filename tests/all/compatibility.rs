//! One test for each row of the README's table of deliberate differences from flagd.

use fanion::document::DocumentFormat;
use fanion::document::FaultPolicy;
use fanion::rule::unit::FractionalVersion;
use fanion::source::layer;
use fanion::source::layer::CompileOptions;
use serde_json::json;

use crate::evaluate;
use crate::evaluate::check;
use crate::server;

#[test]
fn a_value_from_the_context_is_never_run_as_a_rule() {
    // flagd runs what a branch of `if` yields: the caller could read any attribute, or break the flag.
    let rule = r#"{"if": [true, {"var": "m"}]}"#;
    check(
        rule,
        r#"{"m": {"var": "secret"}, "secret": "on"}"#,
        "GENERAL",
    );
    check(rule, r#"{"m": {"no_such_operator": []}}"#, "GENERAL");
    // Nor is what `set` makes, or what an outer variable puts into a list operation.
    check(
        r#"{"if": [{"set": [{}, "var", "x"]}, "a", "b"]}"#,
        "{}",
        "a",
    );
    let rule = r#"{"if": [{"filter": [[1], {"var": "m"}]}, "a", "b"]}"#;
    check(rule, r#"{"m": {"no_such_operator": []}}"#, "a");
}

#[test]
fn variants_with_any_name_can_be_reached() {
    for name in ["a<b", "a&b", "a>b", "a\\b", "a\u{2028}b"] {
        check(
            &json!({"var": "v"}).to_string(),
            &json!({ "v": name }).to_string(),
            name,
        );
    }
}

#[test]
fn an_empty_difference_is_the_number_zero() {
    // flagd's library answers with an integer where it has floats otherwise, which then equals nothing.
    check(r#"{"if": [{"===": [{"-": []}, 0]}, "a", "b"]}"#, "{}", "a");
}

#[tokio::test]
async fn bulk_answers_carry_the_chosen_variant_whatever_its_type() {
    let flags = json!({"flags": {"f": {"variants": {"b": true, "s": "text"}, "defaultVariant": "b",
        "targeting": "s"}}});
    let (server, _dir) = server::serve_text("flags.json", &flags.to_string()).await;
    let answer = server::call(&server, "/flagd.evaluation.v1.Service/ResolveAll", "{}")
        .await
        .json();
    assert_eq!(answer["flags"]["f"]["stringValue"], "text");
    assert_eq!(answer["flags"]["f"]["reason"], "TARGETING_MATCH");
}

#[tokio::test]
async fn the_oldest_contract_says_default_not_fallback() {
    let flags = json!({"flags": {"f": {"variants": {"a": true}}}});
    let (server, _dir) = server::serve_text("flags.json", &flags.to_string()).await;
    let body = r#"{"flagKey":"f"}"#;
    let answer = server::call(&server, "/schema.v1.Service/ResolveBoolean", body)
        .await
        .json();
    assert_eq!(answer["reason"], "DEFAULT");
}

#[test]
fn the_winner_of_equal_keys_is_the_later_source_then_the_greater_set() {
    let list = |order: [&str; 2]| {
        let flag = |set: &&str| json!({"key": "k", "variants": {*set: 1}, "defaultVariant": set, "metadata": {"flagSetId": set}});
        json!({"flags": order.iter().map(flag).collect::<Vec<_>>()}).to_string()
    };
    for order in [["a", "z"], ["z", "a"]] {
        let (ruleset, _) = evaluate::load(&list(order), DocumentFormat::Json);
        assert_eq!(evaluate::ask(&ruleset, "k", &json!({}))["variant"], "z");
    }
}

#[test]
fn a_faulty_flag_is_contained_unless_strictness_is_asked_for() {
    let text = br#"{"flags": {"bad": {"state": 3}, "good": {}}}"#;
    let read = |faults| {
        let manner = CompileOptions {
            faults,
            fractional_version: FractionalVersion::default(),
        };
        layer::compile(
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
fn evaluators_are_resolved_whatever_their_order_and_inserted_as_values() {
    // flagd replaces text in random order: a reference inside an evaluator is resolved or not by chance.
    for names in [["a", "b"], ["b", "a"]] {
        let [outer, inner] = names;
        let text = json!({
            "$evaluators": {outer: {"!": [{"$ref": inner}]}, inner: {"var": "k"}},
            "flags": {"f": {"variants": {"y": 1, "n": 0}, "targeting": {"if": [{"$ref": outer}, "y", "n"]}}},
        });
        let (ruleset, diagnostics) = evaluate::load(&text.to_string(), DocumentFormat::Json);
        assert_eq!(diagnostics, []);
        assert_eq!(
            evaluate::ask(&ruleset, "f", &json!({"k": true}))["variant"],
            "n"
        );
    }
}
