//! Values as `google.protobuf.Struct` and as JSON.

use prost_types::ListValue;
use prost_types::NullValue;
use prost_types::Struct;
use prost_types::Value;
use prost_types::value::Kind;

pub use crate::json::write_json;
pub use crate::json::write_members;
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
