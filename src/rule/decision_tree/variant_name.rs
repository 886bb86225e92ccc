//! The name of the variant that a computed value selects.

use crate::number;
use crate::value::Value;

/// The JSON form of a value without quotation marks; `None` if it has none, as for NaN.
pub fn to_variant_name(value: Value<'_>) -> Option<String> {
    let mut out = String::new();
    write_variant_name(&mut out, value).then_some(out)
}

/// Appends the form; returns false if there is none.
fn write_variant_name(out: &mut String, value: Value<'_>) -> bool {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if b { "true" } else { "false" }),
        Value::Number(n) => return number::write_json(out, n),
        Value::Text(s) => out.extend(s.chars().filter(|c| *c != '"')),
        Value::List(items) => {
            let valid = |(i, item): (usize, &Value<'_>)| {
                out.push(if i == 0 { '[' } else { ',' });
                write_variant_name(out, *item)
            };
            let valid = items.iter().enumerate().all(valid);
            out.push_str(if items.is_empty() { "[]" } else { "]" });
            return valid;
        }
        Value::Map(members) => {
            let mut members: Vec<_> = members.to_vec();
            members.sort_by_key(|(key, _)| *key);
            let mut valid = true;
            for (i, (key, member)) in members.iter().enumerate() {
                out.push(if i == 0 { '{' } else { ',' });
                out.extend(key.chars().filter(|c| *c != '"'));
                out.push(':');
                valid &= write_variant_name(out, *member);
            }
            out.push_str(if members.is_empty() { "{}" } else { "}" });
            return valid;
        }
    }
    true
}
