//! Owned values as JSON.

use ecow::EcoString;

use crate::json::write_string;
use crate::number;
use crate::value::OwnedValue;

/// Appends a value as JSON.
pub fn write_value(out: &mut String, literal: &OwnedValue) {
    match literal {
        OwnedValue::Null => out.push_str("null"),
        OwnedValue::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        OwnedValue::Number(n) => {
            number::write_json(out, *n);
        }
        OwnedValue::Text(s) => write_string(out, s),
        OwnedValue::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_value(out, item);
            }
            out.push(']');
        }
        OwnedValue::Map(members) => write_object(out, members),
    }
}

/// Appends an object as JSON.
pub fn write_object(out: &mut String, members: &[(EcoString, OwnedValue)]) {
    out.push('{');
    for (i, (key, value)) in members.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_string(out, key);
        out.push(':');
        write_value(out, value);
    }
    out.push('}');
}
