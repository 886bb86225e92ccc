//! Decodes an evaluation context from `google.protobuf.Struct` messages, scanned in place.
//! <https://protobuf.dev/reference/protobuf/google.protobuf/#struct>

use bumpalo::Bump;

use crate::context::AttributeNode;
use crate::context::EvaluationContext;
use crate::context::ReadSet;
use crate::limits;
use crate::value::Value;
use crate::wire::context::value_budget::ValueBudget;
use crate::wire::protobuf::decode_field::WireField;
use crate::wire::protobuf::decode_field::decode_utf8;
use crate::wire::protobuf::decode_field::next_field;
use crate::wire::rpc_error::RpcError;

type Result<T> = std::result::Result<T, RpcError>;

/// Fills the slots of `reads` from one `Struct`.
pub fn fill_context<'a>(
    part: &'a [u8],
    reads: &ReadSet,
    context: &mut EvaluationContext<'a>,
    budget: &mut ValueBudget,
) -> Result<()> {
    for_each_entry(part, |key, value| match reads.root(key) {
        Some(read) => fill_attribute(value, read, context, budget),
        None => Ok(()),
    })
}

fn fill_attribute<'a>(
    value: &'a [u8],
    read: &AttributeNode,
    context: &mut EvaluationContext<'a>,
    budget: &mut ValueBudget,
) -> Result<()> {
    match split_value(value)? {
        // Only some members are read: there is no need to build the object.
        UndecodedValue::Struct(part) if read.slot.is_none() => {
            context.clear_slots(read);
            for_each_entry(part, |key, value| match read.child(key) {
                Some(read) => fill_attribute(value, read, context, budget),
                None => Ok(()),
            })
        }
        UndecodedValue::Scalar(value) => {
            context.fill_slots(read, value);
            Ok(())
        }
        nested => {
            let value = build_value(nested, context.arena(), limits::NESTING_DEPTH, budget)?;
            context.fill_slots(read, value);
            Ok(())
        }
    }
}

/// All attributes of the given `Struct` messages.
pub fn decode_attributes<'a>(
    parts: &[&'a [u8]],
    arena: &'a Bump,
) -> Result<Vec<(&'a str, Value<'a>)>> {
    let mut members = Vec::new();
    let mut budget = ValueBudget::new();
    for part in parts {
        for_each_entry(part, |key, value| {
            spend(&mut budget)?;
            let value = split_value(value)?;
            members.push((
                decode_utf8(key)?,
                build_value(value, arena, limits::NESTING_DEPTH, &mut budget)?,
            ));
            Ok(())
        })?;
    }
    Ok(members)
}

fn spend(budget: &mut ValueBudget) -> Result<()> {
    if budget.spend() {
        return Ok(());
    }
    Err(ValueBudget::exceeded())
}

fn build_value<'a>(
    raw: UndecodedValue<'a>,
    arena: &'a Bump,
    depth: usize,
    budget: &mut ValueBudget,
) -> Result<Value<'a>> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(RpcError::malformed(
            "proto: exceeded maximum recursion depth",
        ));
    };
    Ok(match raw {
        UndecodedValue::Scalar(value) => value,
        UndecodedValue::Struct(part) => {
            let mut members = Vec::new();
            for_each_entry(part, |key, value| {
                spend(budget)?;
                members.push((
                    decode_utf8(key)?,
                    build_value(split_value(value)?, arena, depth, budget)?,
                ));
                Ok(())
            })?;
            Value::Map(arena.alloc_slice_copy(&members))
        }
        UndecodedValue::List(part) => {
            let mut items = Vec::new();
            let mut rest = part;
            while let Some(field) = next_field(&mut rest)? {
                if let (1, WireField::Bytes(item)) = field {
                    spend(budget)?;
                    items.push(build_value(split_value(item)?, arena, depth, budget)?);
                }
            }
            Value::List(arena.alloc_slice_copy(&items))
        }
    })
}

/// Calls `then` with the key and the encoded value of every entry of a `Struct`. Keys are bytes, because comparing them
/// with names needs no UTF-8 check.
fn for_each_entry<'a>(
    part: &'a [u8],
    mut then: impl FnMut(&'a [u8], &'a [u8]) -> Result<()>,
) -> Result<()> {
    let mut rest = part;
    while !rest.is_empty() {
        if let Some((key, value, behind)) = split_short_entry(rest) {
            rest = behind;
            then(key, value)?;
            continue;
        }
        let Some((1, WireField::Bytes(mut entry))) = next_field(&mut rest)? else {
            continue;
        };
        let (mut key, mut value): (&[u8], &[u8]) = (&[], &[]);
        while let Some(field) = next_field(&mut entry)? {
            match field {
                (1, WireField::Bytes(bytes)) => key = bytes,
                (2, WireField::Bytes(bytes)) => value = bytes,
                _ => {}
            }
        }
        then(key, value)?;
    }
    Ok(())
}

/// The key and value of an entry, and the bytes after it, if the entry has the usual encoding of entries shorter than
/// 128 bytes: every length is one byte, the key comes first, and there are no other fields.
#[inline]
fn split_short_entry(part: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    // The tags of the entry and its key, and the highest bit of the entry's length, which is clear below 128.
    const MASK: u32 = 0x00ff_80ff;
    const TAGS: u32 = 0x000a_000a;
    const VALUE: u32 = 2 << 3 | 2;
    let (head, rest) = part.split_first_chunk()?;
    let head = u32::from_le_bytes(*head);
    if head & MASK != TAGS {
        return None;
    }
    let (length, key_length) = (head >> 8 & 0x7f, head >> 24);
    let value_length = length.checked_sub(key_length + 4)?;
    let (key, rest) = rest.split_at_checked(key_length as usize)?;
    let (declared, rest) = rest.split_first_chunk()?;
    let (value, rest) = rest.split_at_checked(value_length as usize)?;
    let declared = u32::from(u16::from_le_bytes(*declared));
    (declared == VALUE | value_length << 8).then_some((key, value, rest))
}

/// A `google.protobuf.Value` whose nested parts are still encoded.
#[derive(Clone, Copy)]
enum UndecodedValue<'a> {
    Scalar(Value<'a>),
    Struct(&'a [u8]),
    List(&'a [u8]),
}

fn split_value(value: &[u8]) -> Result<UndecodedValue<'_>> {
    let mut raw = UndecodedValue::Scalar(Value::Null);
    let mut rest = value;
    while let Some(field) = next_field(&mut rest)? {
        raw = match field {
            (1, WireField::Varint(_)) => UndecodedValue::Scalar(Value::Null),
            (2, WireField::Fixed64(bits)) => {
                UndecodedValue::Scalar(number_or_string(f64::from_bits(bits)))
            }
            (3, WireField::Bytes(bytes)) => {
                UndecodedValue::Scalar(Value::Text(decode_utf8(bytes)?))
            }
            (4, WireField::Varint(bit)) => UndecodedValue::Scalar(Value::Bool(bit != 0)),
            (5, WireField::Bytes(part)) => UndecodedValue::Struct(part),
            (6, WireField::Bytes(part)) => UndecodedValue::List(part),
            _ => raw,
        };
    }
    Ok(raw)
}

// JSON has no such numbers; flagd converts them to these strings.
fn number_or_string(n: f64) -> Value<'static> {
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
