//! Deterministic CBOR encoding of values: equal values have equal bytes.
//!
//! Core deterministic encoding, <https://www.rfc-editor.org/rfc/rfc8949.html#section-4.2.1>: the shortest encodings,
//! members in the order of their encoded names. Whole numbers are integers where 64 bits hold them, so that `1` and
//! `1.0` have equal bytes.

use std::convert::Infallible;

use ciborium_ll::Encoder;
use ciborium_ll::Header;
use ciborium_ll::simple;
use smallvec::SmallVec;

use crate::value::Value;

/// Encoded bytes; short values stay on the stack.
#[derive(Debug, Default)]
pub struct CborBuffer(SmallVec<[u8; 128]>);

impl CborBuffer {
    /// The bytes so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl ciborium_io::Write for &mut CborBuffer {
    type Error = Infallible;

    fn write_all(&mut self, data: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Appends a value. The recursion is as deep as the value is nested.
pub fn encode_value(out: &mut CborBuffer, value: Value<'_>) {
    match value {
        Value::Null => encode_header(out, Header::Simple(simple::NULL)),
        Value::Bool(true) => encode_header(out, Header::Simple(simple::TRUE)),
        Value::Bool(false) => encode_header(out, Header::Simple(simple::FALSE)),
        Value::Number(n) => encode_header(out, number_header(n)),
        Value::Text(text) => {
            encode_text_header(out, text);
            out.0.extend_from_slice(text.as_bytes());
        }
        Value::List(items) => {
            encode_list_header(out, items.len());
            for item in items {
                encode_value(out, *item);
            }
        }
        Value::Map(members) => encode_map(out, members),
    }
}

/// Appends the header of a text.
pub fn encode_text_header(out: &mut CborBuffer, text: &str) {
    encode_header(out, Header::Text(Some(text.len())));
}

/// Appends the header of a list.
pub fn encode_list_header(out: &mut CborBuffer, items: usize) {
    encode_header(out, Header::Array(Some(items)));
}

/// Names are sorted by length first, because their encoding begins with the length. Of equal names the last one wins.
fn encode_map(out: &mut CborBuffer, members: &[(&str, Value<'_>)]) {
    let mut sorted: Vec<_> = members.iter().rev().collect();
    sorted.sort_by_key(|(name, _)| (name.len(), *name));
    sorted.dedup_by_key(|(name, _)| *name);
    encode_header(out, Header::Map(Some(sorted.len())));
    for (name, member) in sorted {
        encode_value(out, Value::Text(name));
        encode_value(out, *member);
    }
}

/// Numbers without a fraction from -2^63 to 2^64 - 1 are integers; minus zero is zero.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the ranges are checked"
)]
fn number_header(n: f64) -> Header {
    const U64_END: f64 = 18_446_744_073_709_551_616.0;
    const I64_START: f64 = -9_223_372_036_854_775_808.0;
    match n {
        _ if n.trunc() != n => Header::Float(n),
        _ if (0.0..U64_END).contains(&n) => Header::Positive(n as u64),
        // A negative number `n` is encoded as `-1 - n`.
        _ if (I64_START..0.0).contains(&n) => Header::Negative(!(n as i64) as u64),
        _ => Header::Float(n),
    }
}

fn encode_header(out: &mut CborBuffer, header: Header) {
    let Ok(()) = Encoder::from(out).push(header);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: Value<'_>, want: &str) {
        let mut out = CborBuffer::default();
        encode_value(&mut out, given);
        let bytes = (0..want.len()).step_by(2);
        let want: Vec<u8> = bytes
            .map(|at| u8::from_str_radix(&want[at..at + 2], 16).expect("hex"))
            .collect();
        assert_eq!(out.as_slice(), want, "{given:?}");
    }

    /// Examples of <https://www.rfc-editor.org/rfc/rfc8949.html#name-examples-of-encoded-cbor-da>, where whole numbers
    /// with a fraction part are integers here.
    #[test]
    fn numbers_use_the_shortest_encoding() {
        for (n, want) in [
            (0.0, "00"),
            (-0.0, "00"),
            (23.0, "17"),
            (24.0, "1818"),
            (255.0, "18ff"),
            (256.0, "190100"),
            (1_000_000.0, "1a000f4240"),
            (-1.0, "20"),
            (-1000.0, "3903e7"),
            (-9_223_372_036_854_775_808.0, "3b7fffffffffffffff"),
            (18_446_744_073_709_549_568.0, "1bfffffffffffff800"),
            (18_446_744_073_709_551_616.0, "fa5f800000"),
            (-18_446_744_073_709_551_616.0, "fadf800000"),
            (1.5, "f93e00"),
            (1.1, "fb3ff199999999999a"),
            (5.960_464_477_539_063e-8, "f90001"),
            (3.402_823_466_385_288_6e38, "fa7f7fffff"),
            (1e300, "fb7e37e43c8800759c"),
            (f64::INFINITY, "f97c00"),
            (f64::NAN, "f97e00"),
        ] {
            check(Value::Number(n), want);
        }
    }

    #[test]
    fn map_keys_are_sorted_and_last_duplicate_wins() {
        let one = Value::Number(1.0);
        let inner = [Value::Bool(true), Value::Null, Value::Text("\u{fc}")];
        let members = [
            ("aa", Value::List(&inner)),
            ("z", Value::Text("lost")),
            ("", Value::Bool(false)),
            ("z", one),
        ];
        check(Value::Map(&members), "a360f4617a0162616183f5f662c3bc");
        check(Value::List(&[]), "80");
        check(Value::Map(&[]), "a0");
    }
}
