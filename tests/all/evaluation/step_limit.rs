//! The step limit of one evaluation.

use serde_json::json;

use crate::support::evaluate::assert_variant;

#[test]
fn nested_scans_exceed_the_step_limit() {
    let many: Vec<u32> = (0..100_000).collect();
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
