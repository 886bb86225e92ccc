//! Owned values as JSON.

use ecow::EcoString;

use crate::json::write_text;
use crate::number;
use crate::value::Literal;

/// Appends a value as JSON.
pub fn write_json(out: &mut String, literal: &Literal) {
    match literal {
        Literal::Null => out.push_str("null"),
        Literal::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Literal::Number(n) => {
            number::write_json(out, *n);
        }
        Literal::Text(s) => write_text(out, s),
        Literal::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_json(out, item);
            }
            out.push(']');
        }
        Literal::Map(members) => write_members(out, members),
    }
}

/// Appends an object as JSON.
pub fn write_members(out: &mut String, members: &[(EcoString, Literal)]) {
    out.push('{');
    for (i, (key, value)) in members.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_text(out, key);
        out.push(':');
        write_json(out, value);
    }
    out.push('}');
}
