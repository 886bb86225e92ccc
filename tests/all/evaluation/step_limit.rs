//! The step limit of one evaluation: every operator is charged for the bytes that it reads and creates.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate::assert_variant;
use crate::support::evaluate::rule_result;

#[test]
fn nested_scans_exceed_the_step_limit() {
    let many: Vec<u32> = (0..40_000).collect();
    let context = json!({"a": many, "b": many, "c": ["x"]}).to_string();
    assert_variant(
        r#"{"contains_any": [{"var": "a"}, {"map": [{"var": "b"}, {"+": [{"var": ""}, 0.5]}]}]}"#,
        &context,
        "PARSE_ERROR",
    );
    let constants: Vec<String> = (0..1000).map(|i| format!("t{i}")).collect();
    let rule = json!({"some": [{"var": "a"}, {"contains_any": [{"var": "c"}, constants]}]});
    assert_variant(&rule.to_string(), &context, "PARSE_ERROR");
}

#[test]
fn nested_list_operations_exceed_the_step_limit() {
    let items: Vec<u32> = (0..3000).collect();
    let context = json!({"l": items}).to_string();
    let rule = r#"{"some": [{"var": "l"}, {"all": [{"var": "l"}, {"some": [{"var": "l"}, {"<": [{"var": ""}, -1]}]}]}]}"#;
    assert_variant(rule, &context, "PARSE_ERROR");
}

/// A context with these attributes.
fn context(attributes: &Value) -> String {
    attributes.to_string()
}

fn assert_exceeded(rule: &Value, context: &str) {
    assert_variant(&rule.to_string(), context, "PARSE_ERROR");
}

/// Asserts that two evaluations of an operand stay within the limit, and that 800 exceed it.
fn assert_exceeded_if_repeated(operand: &Value, context: &str) {
    let truth = json!({"!!": [operand]});
    let twice = rule_result(&repeated("merge", &truth, 2).to_string(), context);
    assert_ne!(twice, "PARSE_ERROR", "{operand}");
    assert_exceeded(&repeated("merge", &truth, 800), context);
}

/// `count` times the same argument.
fn repeated(operator: &str, argument: &Value, count: usize) -> Value {
    json!({operator: vec![argument; count]})
}

#[test]
fn texts_that_are_parsed_as_numbers_are_charged() {
    let roles = vec![json!({}); 30_000];
    let context = context(&json!({"roles": roles, "min": "1".repeat(100_000), "n": 1,
        "texts": vec!["1".repeat(1000); 900]}));
    assert_exceeded(
        &json!({"some": [{"var": "roles"}, {">=": [{"var": "level"}, {"var": "min"}]}]}),
        &context,
    );
    for operator in ["==", "<", "+", "max", "-", "%"] {
        assert_exceeded_if_repeated(&json!({operator: [{"var": "n"}, {"var": "min"}]}), &context);
    }
    let ranges = json!({"in": [{"var": "n"}, [{"var": "min"}, [{"var": "min"}, 2]]]});
    assert_exceeded_if_repeated(&ranges, &context);
    assert_exceeded_if_repeated(&json!({"+": {"var": "texts"}}), &context);
}

#[test]
fn text_operators_are_charged_by_length() {
    let long = "x".repeat(400_000);
    let context = context(
        &json!({"t": long, "u": long, "v": format!("1.0.0-{}", "a.".repeat(90_000)),
        "targetingKey": long}),
    );
    let t = json!({"var": "t"});
    // Shorter lists are compared with the text, which takes no longer than the list.
    let hashed: Vec<String> = (0..100).map(|i| format!("constant {i}")).collect();
    for operand in [
        json!({"starts_with": [t, {"var": "u"}]}),
        json!({"ends_with": [t, {"var": "u"}]}),
        json!({"===": [t, {"var": "u"}]}),
        json!({"in": [t, {"var": "u"}]}),
        json!({"in": [t, hashed]}),
        json!({"sem_ver": [{"var": "v"}, "=", "1.0.0"]}),
        json!({"sem_ver": [{"var": "v"}, "=", {"var": "v"}]}),
        json!({"fractional": [t, ["on", 1], ["off", 1]]}),
        json!({"fractional": [{"cat": [t, t]}, ["on", 1], ["off", 1]]}),
        json!({"fractional": [["on", 1], ["off", 1]]}),
        json!({"substr": [t, 100_000, 5]}),
        json!({"cat": [t, "x"]}),
        json!({"var": {"cat": [t, ".x"]}}),
    ] {
        assert_exceeded_if_repeated(&operand, &context);
    }
}

#[test]
fn created_values_are_charged_before_they_are_created() {
    let items = vec![0; 90_000];
    let context = context(&json!({"t": "x".repeat(900_000), "l": items, "s": "x"}));
    assert_exceeded(&repeated("cat", &json!({"var": "t"}), 1000), &context);
    assert_exceeded(&repeated("merge", &json!({"var": "l"}), 1000), &context);
    let doubling = json!({"cat": [{"var": "accumulator"}, {"var": "accumulator"}]});
    assert_exceeded(&json!({"reduce": [{"var": "l"}, doubling, "x"]}), &context);
    // The smallest number has 326 digits without an exponent.
    let tiny = json!({"reduce": [{"var": "l"}, {"cat": [{"var": "accumulator"}, 5e-324]}, ""]});
    assert_exceeded(&tiny, &context);
}

#[test]
fn constants_that_are_expensive_do_not_delay_loading() {
    let items = vec![0; 40];
    let doubling = json!({"cat": [{"var": "accumulator"}, {"var": "accumulator"}]});
    let constant = json!({"reduce": [items, doubling, "x"]});
    assert_exceeded(&constant, "{}");
}

#[test]
fn lookups_in_large_maps_are_charged() {
    let members: Map<_, _> = (0..30_000).map(|i| (format!("k{i}"), json!(0))).collect();
    let context = context(&json!({"m": members, "rows": [members]}));
    let reads = vec![json!({"var": "x"}); 1000];
    assert_exceeded(
        &json!({"map": [{"var": "rows"}, {"merge": reads}]}),
        &context,
    );
    let computed = json!({"var": {"cat": ["m", ".x"]}});
    assert_exceeded(&json!({"merge": vec![computed; 1000]}), &context);
    let reads: Vec<Value> = (0..4000)
        .map(|i| json!({"var": format!("m.a{i}")}))
        .collect();
    let all = json!({"and": [{"!": [{"var": "m"}]}, {"merge": reads}]});
    assert_exceeded(&json!({"or": [all, {"var": "m"}, "on"]}), &context);
}

#[test]
fn large_contexts_of_ordinary_rules_are_evaluated() {
    let ids: Vec<String> = (0..50_000).map(|i| format!("user-{i}")).collect();
    let numbers: Vec<u32> = (0..10_000).collect();
    let context = context(
        &json!({"ids": ids, "numbers": numbers, "text": "x".repeat(100_000),
        "targetingKey": "user-49999"}),
    );
    for rule in [
        json!({"in": [{"var": "targetingKey"}, {"var": "ids"}]}),
        json!({"some": [{"var": "ids"}, {"==": [{"var": ""}, "user-49999"]}]}),
        json!({"some": [{"var": "numbers"}, {"and": [{">": [{"var": ""}, 9998]}, {"<": [{"var": ""}, 1e6]}]}]}),
        json!({"==": [49_995_000, {"reduce": [{"var": "numbers"},
            {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]}]}),
        json!({"starts_with": [{"var": "text"}, "x"]}),
        json!({"!": [{"in": ["y", {"var": "text"}]}]}),
    ] {
        let rule = json!({"if": [rule, "on", "off"]});
        assert_variant(&rule.to_string(), &context, "on");
    }
}
