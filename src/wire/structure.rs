//! Values as `google.protobuf.Struct` and as JSON.
//! <https://protobuf.dev/reference/protobuf/google.protobuf/#struct>

use ecow::EcoString;

pub use crate::json::write_json;
pub use crate::json::write_members;
use crate::value::Literal;
use crate::wire::field;

/// Appends the members of an object as the fields of a `Struct`.
pub fn write_fields(out: &mut Vec<u8>, members: &[(EcoString, Literal)]) {
    for (name, value) in members {
        field::message(out, 1, |out| {
            field::text(out, 1, name);
            field::message(out, 2, |out| write_kind(out, value));
        });
    }
}

/// Appends the one field of a `Value`.
fn write_kind(out: &mut Vec<u8>, literal: &Literal) {
    match literal {
        Literal::Null => field::varint(out, 1, 0),
        Literal::Number(n) => field::double(out, 2, *n),
        Literal::Text(s) => field::text(out, 3, s),
        Literal::Bool(b) => field::varint(out, 4, u64::from(*b)),
        Literal::Map(members) => field::message(out, 5, |out| write_fields(out, members)),
        Literal::List(items) => field::message(out, 6, |out| {
            for item in items {
                field::message(out, 1, |out| write_kind(out, item));
            }
        }),
    }
}
