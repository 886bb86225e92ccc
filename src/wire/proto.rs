//! Protobuf requests, scanned in place.
//!
//! Field numbers: a request has `flag_key = 1` and `context = 2`, a bulk request `context = 1`. The context is a
//! `google.protobuf.Struct`: <https://protobuf.dev/reference/protobuf/google.protobuf/#struct>.

use bumpalo::Bump;
use prost::encoding::DecodeContext;
use prost::encoding::WireType;
use prost::encoding::decode_key;
use prost::encoding::decode_varint;
use prost::encoding::skip_field;
use smallvec::SmallVec;

use crate::context::Context;
use crate::context::Read;
use crate::context::Reads;
use crate::limits;
use crate::value::Value;
use crate::wire::error::RpcError;
use crate::wire::request::Attributes;
use crate::wire::request::Request;

type Result<T> = std::result::Result<T, RpcError>;

pub fn request(body: &[u8]) -> Result<Request<'_>> {
    let mut flag_key = "";
    let mut parts = SmallVec::new();
    let mut rest = body;
    while let Some(field) = next(&mut rest)? {
        match field {
            (1, Field::Bytes(key)) => flag_key = text(key)?,
            (2, Field::Bytes(part)) => parts.push(part),
            _ => {}
        }
    }
    Ok(Request {
        flag_key: flag_key.into(),
        attributes: Attributes::Proto(parts),
    })
}

pub fn bulk_request(body: &[u8]) -> Result<Attributes<'_>> {
    let mut parts = SmallVec::new();
    let mut rest = body;
    while let Some(field) = next(&mut rest)? {
        if let (1, Field::Bytes(part)) = field {
            parts.push(part);
        }
    }
    Ok(Attributes::Proto(parts))
}

/// Fills the slots of `reads` from one `Struct`.
pub fn fill<'a>(part: &'a [u8], reads: &Reads, context: &mut Context<'a>) -> Result<()> {
    each_entry(part, |key, value| match reads.root(key) {
        Some(read) => fill_read(value, read, context),
        None => Ok(()),
    })
}

fn fill_read<'a>(value: &'a [u8], read: &Read, context: &mut Context<'a>) -> Result<()> {
    match kind(value)? {
        // Only some members are read: there is no need to build the object.
        Raw::Struct(part) if read.slot.is_none() => {
            context.clear(read);
            each_entry(part, |key, value| match read.member(key) {
                Some(read) => fill_read(value, read, context),
                None => Ok(()),
            })
        }
        Raw::Plain(value) => {
            context.fill(read, value);
            Ok(())
        }
        nested => {
            let value = build(nested, context.arena(), limits::DEPTH)?;
            context.fill(read, value);
            Ok(())
        }
    }
}

/// All attributes of the given `Struct` messages.
pub fn members<'a>(parts: &[&'a [u8]], arena: &'a Bump) -> Result<Vec<(&'a str, Value<'a>)>> {
    let mut members = Vec::new();
    for part in parts {
        each_entry(part, |key, value| {
            members.push((text(key)?, build(kind(value)?, arena, limits::DEPTH)?));
            Ok(())
        })?;
    }
    Ok(members)
}

fn build<'a>(raw: Raw<'a>, arena: &'a Bump, depth: usize) -> Result<Value<'a>> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(RpcError::malformed(
            "proto: exceeded maximum recursion depth",
        ));
    };
    Ok(match raw {
        Raw::Plain(value) => value,
        Raw::Struct(part) => {
            let mut members = Vec::new();
            each_entry(part, |key, value| {
                members.push((text(key)?, build(kind(value)?, arena, depth)?));
                Ok(())
            })?;
            Value::Map(arena.alloc_slice_copy(&members))
        }
        Raw::List(part) => {
            let mut items = Vec::new();
            let mut rest = part;
            while let Some(field) = next(&mut rest)? {
                if let (1, Field::Bytes(item)) = field {
                    items.push(build(kind(item)?, arena, depth)?);
                }
            }
            Value::List(arena.alloc_slice_copy(&items))
        }
    })
}

/// Calls `then` with the key and the encoded value of every entry of a `Struct`. Keys are bytes: to compare them with
/// names takes no look at whether they are text.
fn each_entry<'a>(
    part: &'a [u8],
    mut then: impl FnMut(&'a [u8], &'a [u8]) -> Result<()>,
) -> Result<()> {
    let mut rest = part;
    while !rest.is_empty() {
        if let Some((key, value, behind)) = short_entry(rest) {
            rest = behind;
            then(key, value)?;
            continue;
        }
        let Some((1, Field::Bytes(mut entry))) = next(&mut rest)? else {
            continue;
        };
        let (mut key, mut value): (&[u8], &[u8]) = (&[], &[]);
        while let Some(field) = next(&mut entry)? {
            match field {
                (1, Field::Bytes(bytes)) => key = bytes,
                (2, Field::Bytes(bytes)) => value = bytes,
                _ => {}
            }
        }
        then(key, value)?;
    }
    Ok(())
}

/// The key and value of an entry, and what follows it, if it is written as everybody writes entries that are shorter
/// than 128 bytes: every length one byte, the key first, nothing else.
#[inline]
fn short_entry(part: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    const KEY: u8 = 1 << 3 | 2;
    const VALUE: u8 = 2 << 3 | 2;
    let ([KEY, length, KEY, key_length], rest) = part.split_first_chunk()? else {
        return None;
    };
    let value_length = length.checked_sub(key_length.checked_add(4)?)?;
    let (key, rest) = rest.split_at_checked(usize::from(*key_length))?;
    let ([VALUE, declared], rest) = rest.split_first_chunk()? else {
        return None;
    };
    let (value, rest) = rest.split_at_checked(usize::from(value_length))?;
    (*length < 0x80 && *declared == value_length).then_some((key, value, rest))
}

/// A `google.protobuf.Value` whose nested parts are still encoded.
#[derive(Clone, Copy)]
enum Raw<'a> {
    Plain(Value<'a>),
    Struct(&'a [u8]),
    List(&'a [u8]),
}

fn kind(value: &[u8]) -> Result<Raw<'_>> {
    let mut raw = Raw::Plain(Value::Null);
    let mut rest = value;
    while let Some(field) = next(&mut rest)? {
        raw = match field {
            (1, Field::Varint(_)) => Raw::Plain(Value::Null),
            (2, Field::Fixed64(bits)) => Raw::Plain(number(f64::from_bits(bits))),
            (3, Field::Bytes(bytes)) => Raw::Plain(Value::Text(text(bytes)?)),
            (4, Field::Varint(bit)) => Raw::Plain(Value::Bool(bit != 0)),
            (5, Field::Bytes(part)) => Raw::Struct(part),
            (6, Field::Bytes(part)) => Raw::List(part),
            _ => raw,
        };
    }
    Ok(raw)
}

// JSON has no such numbers; flagd's reader turns them into these strings.
fn number(n: f64) -> Value<'static> {
    if n.is_nan() {
        Value::Text("NaN")
    } else if n == f64::INFINITY {
        Value::Text("Infinity")
    } else if n == f64::NEG_INFINITY {
        Value::Text("-Infinity")
    } else {
        Value::Number(n)
    }
}

enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Other,
}

/// The next field of a message; `None` at its end.
#[inline]
fn next<'a>(rest: &mut &'a [u8]) -> Result<Option<(u32, Field<'a>)>> {
    if let Some((tag, bytes, behind)) = short_field(rest) {
        *rest = behind;
        return Ok(Some((tag, Field::Bytes(bytes))));
    }
    if rest.is_empty() {
        return Ok(None);
    }
    long_field(rest).map(Some)
}

/// The number and the bytes of a field whose tag and length take one byte each, as most do, and what follows it.
#[inline]
fn short_field(part: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let ([tag @ 8..0x80, length @ 0..0x80], rest) = part.split_first_chunk()? else {
        return None;
    };
    let (bytes, behind) = rest.split_at_checked(usize::from(*length))?;
    (tag & 7 == 2).then_some((u32::from(tag >> 3), bytes, behind))
}

fn long_field<'a>(rest: &mut &'a [u8]) -> Result<(u32, Field<'a>)> {
    let (tag, wire_type) = decode_key(rest).map_err(|_| invalid())?;
    let field = match wire_type {
        WireType::Varint => Field::Varint(decode_varint(rest).map_err(|_| invalid())?),
        WireType::SixtyFourBit => {
            let (bytes, tail) = rest.split_first_chunk().ok_or_else(invalid)?;
            *rest = tail;
            Field::Fixed64(u64::from_le_bytes(*bytes))
        }
        WireType::LengthDelimited => {
            let len = decode_varint(rest).map_err(|_| invalid())?;
            let len = usize::try_from(len).map_err(|_| invalid())?;
            let (bytes, tail) = rest.split_at_checked(len).ok_or_else(invalid)?;
            *rest = tail;
            Field::Bytes(bytes)
        }
        WireType::StartGroup | WireType::EndGroup | WireType::ThirtyTwoBit => {
            skip_field(wire_type, tag, rest, DecodeContext::default()).map_err(|_| invalid())?;
            Field::Other
        }
    };
    Ok((tag, field))
}

fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes)
        .map_err(|_| RpcError::malformed("string field contains invalid UTF-8"))
}

fn invalid() -> RpcError {
    RpcError::malformed("proto: cannot parse invalid wire-format data")
}
