//! A rule and a context as JSON text, one a line, compared with the oracle.

use serde_json::Value;

use crate::support::evaluate::rule_comparison::ComparedRule;

/// Members that documents give a meaning of their own, so that they are no operators.
const NOT_OPERATORS: [&str; 2] = ["$ref", "fractionalEvaluation"];

pub fn check(data: &[u8]) {
    let mut lines = data.splitn(2, |byte| *byte == b'\n');
    let mut parse = || serde_json::from_slice(lines.next()?).ok();
    let (Some(rule), Some(Value::Object(context))) = (parse(), parse()) else {
        return;
    };
    if depth(&rule) > 30 || has_member(&rule, &NOT_OPERATORS) || is_ambiguous(&rule) {
        return;
    }
    ComparedRule::new(&rule).assert_equal(&context);
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        _ => Vec::new(),
    }
}

fn depth(value: &Value) -> usize {
    1 + children(value).into_iter().map(depth).max().unwrap_or(0)
}

fn has_member(value: &Value, names: &[&str]) -> bool {
    let own = value.as_object().is_some_and(|members| {
        let mut keys = members.keys();
        keys.any(|key| names.iter().any(|name| key.contains(name)))
    });
    own || children(value)
        .into_iter()
        .any(|child| has_member(child, names))
}

/// Returns true if an object has `var` beside other members: flagd's library substitutes its value in list operations
/// or not, depending on the order in which Go iterates over a map.
fn is_ambiguous(value: &Value) -> bool {
    let own = value
        .as_object()
        .is_some_and(|members| members.len() > 1 && members.contains_key("var"));
    own || children(value).into_iter().any(is_ambiguous)
}
