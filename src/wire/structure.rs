//! Values as `google.protobuf.Struct` and as JSON.

use prost_types::ListValue;
use prost_types::NullValue;
use prost_types::Struct;
use prost_types::Value;
use prost_types::value::Kind;

use crate::json;
use crate::number;
use crate::value::Literal;

/// The members of an object as a protobuf message.
pub fn to_struct(members: &[(Box<str>, Literal)]) -> Struct {
    let fields = members.iter().map(|(k, v)| (k.to_string(), to_proto(v)));
    Struct {
        fields: fields.collect(),
    }
}

fn to_proto(literal: &Literal) -> Value {
    let kind = match literal {
        Literal::Null => Kind::NullValue(NullValue::NullValue.into()),
        Literal::Bool(b) => Kind::BoolValue(*b),
        Literal::Number(n) => Kind::NumberValue(*n),
        Literal::Text(s) => Kind::StringValue(s.to_string()),
        Literal::List(items) => Kind::ListValue(ListValue {
            values: items.iter().map(to_proto).collect(),
        }),
        Literal::Map(members) => Kind::StructValue(to_struct(members)),
    };
    Value { kind: Some(kind) }
}

/// Appends a value as JSON.
pub fn write_json(out: &mut String, literal: &Literal) {
    match literal {
        Literal::Null => out.push_str("null"),
        Literal::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Literal::Number(n) => {
            number::write_json(out, *n);
        }
        Literal::Text(s) => json::write_text(out, s),
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
pub fn write_members(out: &mut String, members: &[(Box<str>, Literal)]) {
    out.push('{');
    for (i, (key, value)) in members.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        json::write_text(out, key);
        out.push(':');
        write_json(out, value);
    }
    out.push('}');
}
