//! Values from the text and type in the suite's tables.

use serde_json::Value;
use serde_json::json;

pub fn value(kind: &str, text: &str) -> Value {
    match kind {
        "Integer" => json!(text.parse::<i64>().expect("an integer")),
        "Float" => json!(text.parse::<f64>().expect("a number")),
        "Boolean" => json!(text.parse::<bool>().expect("a boolean")),
        "Object" => serde_json::from_str(text).expect("an object"),
        "String" => json!(text),
        _ => panic!("unknown type {kind}"),
    }
}

/// Compares as in JSON: integers and floats are numbers of the same kind.
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
