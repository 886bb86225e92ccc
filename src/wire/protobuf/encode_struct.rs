//! Encodes values as `google.protobuf.Struct`.
//! <https://protobuf.dev/reference/protobuf/google.protobuf/#struct>

use ecow::EcoString;

use crate::value::OwnedValue;
use crate::wire::protobuf::encode_field;

/// Appends the members of an object as the fields of a `Struct`.
pub fn encode_struct_fields(out: &mut Vec<u8>, members: &[(EcoString, OwnedValue)]) {
    for (name, value) in members {
        encode_field::message(out, 1, |out| {
            encode_field::string(out, 1, name);
            encode_field::message(out, 2, |out| encode_value(out, value));
        });
    }
}

/// Appends the one field of a `Value`.
fn encode_value(out: &mut Vec<u8>, literal: &OwnedValue) {
    match literal {
        OwnedValue::Null => encode_field::varint(out, 1, 0),
        OwnedValue::Number(n) => encode_field::double(out, 2, *n),
        OwnedValue::Text(s) => encode_field::string(out, 3, s),
        OwnedValue::Bool(b) => encode_field::varint(out, 4, u64::from(*b)),
        OwnedValue::Map(members) => {
            encode_field::message(out, 5, |out| encode_struct_fields(out, members));
        }
        OwnedValue::List(items) => encode_field::message(out, 6, |out| {
            for item in items {
                encode_field::message(out, 1, |out| encode_value(out, item));
            }
        }),
    }
}
