//! What the suite's tables mean: a text and the type that stands beside it.

use serde_json::Value;
use serde_json::json;

pub fn value(kind: &str, text: &str) -> Value {
    match kind {
        "Integer" => json!(text.parse::<i64>().expect("an integer")),
        "Float" => json!(text.parse::<f64>().expect("a number")),
        "Boolean" => json!(text.parse::<bool>().expect("a boolean")),
        "Object" => serde_json::from_str(text).expect("an object"),
        "String" => json!(text),
        _ => panic!("nobody knows the type {kind}"),
    }
}

/// Integers and floats are one kind of number, as in JSON.
pub fn same(got: &Value, wanted: &Value) -> bool {
    match (got, wanted) {
        (Value::Number(got), Value::Number(wanted)) => got.as_f64() == wanted.as_f64(),
        (Value::Object(got), Value::Object(wanted)) => {
            got.len() == wanted.len()
                && got
                    .iter()
                    .all(|(key, got)| wanted.get(key).is_some_and(|wanted| same(got, wanted)))
        }
        _ => got == wanted,
    }
}
