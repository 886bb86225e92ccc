//! The public JSONLogic suite, and agreement with another implementation.

use fanion::document::DocumentFormat;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;

/// The public suite: rule, data and result. Results are compared as normalized JSON.
#[test]
fn the_public_jsonlogic_suite_passes() {
    let path = format!("{}/tests/data/jsonlogic.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the suite");
    let suite: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let mut count = 0;
    for case in suite.iter().filter_map(Value::as_array) {
        let [rule, data, want] = case.as_slice() else {
            panic!("not a case: {case:?}")
        };
        let got = rule_result(rule, data);
        assert_eq!(got, normalized_json(want), "{rule} for {data}");
        count += 1;
    }
    println!("jsonlogic: {count} passed");
    assert!(count > 250, "the suite is incomplete");
}

/// Returns the result of a rule as normalized JSON; `fault` if the evaluation fails.
fn rule_result(rule: &Value, data: &Value) -> String {
    fanion_value(rule, data).map_or_else(|| "fault".to_owned(), |v| normalized_json(&v))
}

fn fanion_value(rule: &Value, data: &Value) -> Option<Value> {
    use fanion::context::EvaluationContext;
    use fanion::rule::compile;
    use fanion::value::OwnedValue;
    // The data may be any value, not only an object: `map` evaluates the rule with the data as the item.
    let wrapped = json!({"map": [{"var": "data"}, rule]});
    let document = json!({"flags": {"f": {"variants": {}, "targeting": wrapped}}}).to_string();
    let parsed = fanion::document::parse(&document, DocumentFormat::Json, &evaluate::origin());
    let document = parsed.document.expect("a document");
    let node = document.flags[0].targeting.as_ref().expect("a rule");
    let mut report = fanion::diag::DiagnosticSink::new("suite".into());
    let (tree, reads) =
        compile::compile_targeting(node, "f", &[], FractionalVersion::default(), &mut report);
    let arena = bumpalo::Bump::new();
    let body = json!({"context": {"data": [data]}}).to_string();
    let mut context = EvaluationContext::new(&reads, &arena, 0.0);
    let request = fanion::wire::evaluation::request::ResolveRequest::decode_resolve_all(
        fanion::wire::Codec::Json,
        body.as_bytes(),
    )
    .expect("a request");
    for (name, value) in request.decode_attributes(&[], &arena).expect("members") {
        if let Some(read) = reads.root(name.as_bytes()) {
            context.fill_slots(read, value);
        }
    }
    match &tree {
        fanion::rule::decision_tree::DecisionTree::Computed(rule) => {
            let scope = fanion::rule::Scope::root(&context);
            let value = fanion::rule::eval::eval(rule, &scope).ok()?;
            match value.to_owned_value() {
                OwnedValue::List(items) => Some(to_json(&items[0])),
                other => Some(to_json(&other)),
            }
        }
        other => panic!("not a rule: {other:?}"),
    }
}

/// Rules of arithmetic, comparison and logic on numbers, for which implementations of JSONLogic should agree.
fn plain_rule() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (-5_i32..5).prop_map(|n| json!(n)),
        prop_oneof!["x", "y"].prop_map(|name| json!({ "var": name })),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let binary = prop_oneof![
            "[+]", "[-]", "[*]", "<", "<=", ">", ">=", "==", "===", "!=", "!==", "and", "or",
            "max", "min",
        ];
        prop_oneof![
            (binary, inner.clone(), inner.clone()).prop_map(|(op, a, b)| json!({ op: [a, b] })),
            inner.clone().prop_map(|a| json!({"!": [a]})),
            prop::collection::vec(inner, 2..5).prop_map(|clauses| json!({ "if": clauses })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5000) })]

    #[test]
    fn jsonlogic_rs_agrees_on_arithmetic_and_logic(
        rule in plain_rule(), x in -3_i32..3, y in -3_i32..3,
    ) {
        let data = json!({"x": x, "y": y});
        // jsonlogic-rs calculates with booleans, flagd's library returns an error: only rules that both evaluate are
        // compared.
        if let (Ok(theirs), Some(ours)) = (jsonlogic_rs::apply(&rule, &data), fanion_value(&rule, &data)) {
            prop_assert_eq!(normalized_json(&ours), normalized_json(&theirs), "{}", rule);
        }
    }
}

fn to_json(literal: &fanion::value::OwnedValue) -> Value {
    let mut text = String::new();
    fanion::json::write_value(&mut text, literal);
    serde_json::from_str(&text).expect("JSON")
}

/// JSON with every number as a float, so that 1 and 1.0 are equal.
fn normalized_json(value: &Value) -> String {
    match value {
        Value::Number(n) => format!("{:?}", n.as_f64().map(|n| n + 0.0)),
        Value::Array(items) => format!(
            "{:?}",
            items.iter().map(normalized_json).collect::<Vec<_>>()
        ),
        other => other.to_string(),
    }
}
