//! Decodes an evaluation context from a JSON object whose syntax was checked, scanned in place.

use std::borrow::Cow;

use bumpalo::Bump;

use crate::context::AttributeNode;
use crate::context::EvaluationContext;
use crate::context::ReadSet;
use crate::json;
use crate::json::ObjectIndex;
use crate::json::RawString;
use crate::json::Reader;
use crate::json::ValueKind;
use crate::value::Value;
use crate::wire::context::value_budget::ValueBudget;
use crate::wire::rpc_error::RpcError;

type Result<T> = std::result::Result<T, RpcError>;

// Callers pass objects whose syntax was checked, so this error indicates a bug and not an invalid request.
fn invalid_json_error(error: json::Error) -> RpcError {
    if error.kind == json::ErrorKind::TooManyValues {
        return ValueBudget::exceeded();
    }
    RpcError::malformed(&format!("proto: syntax error at byte {}", error.offset))
}

/// Fills the slots of `reads` from an object whose members are indexed.
// Neither this function nor the next is inlined: they would take registers from the protobuf loop in the same caller.
#[inline(never)]
pub fn fill_context_from_index<'a>(
    index: &ObjectIndex<'a>,
    reads: &ReadSet,
    context: &mut EvaluationContext<'a>,
) -> Result<()> {
    // Each attribute is searched among all members.
    if index.member_count().saturating_mul(reads.roots.len()) > INDEX_COMPARISONS {
        return fill_context(index.text(), reads, context);
    }
    let mut budget = ValueBudget::new();
    for read in &reads.roots {
        if let Some(mut reader) = index.member(&read.name) {
            fill_attribute(&mut reader, read, context, &mut budget).map_err(invalid_json_error)?;
        }
    }
    Ok(())
}

/// The most comparisons with the keys of an index; a scan of the object takes less time than more of them.
const INDEX_COMPARISONS: usize = 100_000;

/// Fills the slots of `reads` from an object.
#[inline(never)]
pub fn fill_context<'a>(
    text: &'a str,
    reads: &ReadSet,
    context: &mut EvaluationContext<'a>,
) -> Result<()> {
    let mut reader = Reader::new(text);
    let mut budget = ValueBudget::new();
    for_each_member(&mut reader, |reader, key| {
        match reads.root(key.unescape().as_bytes()) {
            Some(read) => fill_attribute(reader, read, context, &mut budget),
            None => reader.skip_value(),
        }
    })
    .map_err(invalid_json_error)
}

fn fill_attribute<'a>(
    reader: &mut Reader<'a>,
    read: &AttributeNode,
    context: &mut EvaluationContext<'a>,
    budget: &mut ValueBudget,
) -> std::result::Result<(), json::Error> {
    if reader.peek_kind()? == ValueKind::Map && read.slot.is_none() {
        context.clear_slots(read);
        return for_each_member(reader, |reader, key| {
            match read.child(key.unescape().as_bytes()) {
                Some(read) => fill_attribute(reader, read, context, budget),
                None => reader.skip_value(),
            }
        });
    }
    let value = build_value(reader, context.arena(), budget)?;
    context.fill_slots(read, value);
    Ok(())
}

/// All attributes of an object.
pub fn decode_attributes<'a>(text: &'a str, arena: &'a Bump) -> Result<Vec<(&'a str, Value<'a>)>> {
    let mut reader = Reader::new(text);
    build_map(&mut reader, arena, &mut ValueBudget::new()).map_err(invalid_json_error)
}

fn build_map<'a>(
    reader: &mut Reader<'a>,
    arena: &'a Bump,
    budget: &mut ValueBudget,
) -> std::result::Result<Vec<(&'a str, Value<'a>)>, json::Error> {
    let mut members = Vec::new();
    for_each_member(reader, |reader, key| {
        spend(budget, reader)?;
        members.push((
            unescape_in_arena(key, arena),
            build_value(reader, arena, budget)?,
        ));
        Ok(())
    })?;
    Ok(members)
}

fn spend(
    budget: &mut ValueBudget,
    reader: &mut Reader<'_>,
) -> std::result::Result<(), json::Error> {
    if budget.spend() {
        return Ok(());
    }
    Err(json::Error {
        offset: reader.next_offset(),
        kind: json::ErrorKind::TooManyValues,
    })
}

fn build_value<'a>(
    reader: &mut Reader<'a>,
    arena: &'a Bump,
    budget: &mut ValueBudget,
) -> std::result::Result<Value<'a>, json::Error> {
    Ok(match reader.peek_kind()? {
        ValueKind::Null => reader.parse_null().map(|()| Value::Null)?,
        ValueKind::Bool => Value::Bool(reader.parse_bool()?),
        ValueKind::Number => Value::Number(reader.parse_number()?),
        ValueKind::Text => Value::Text(unescape_in_arena(reader.parse_string()?, arena)),
        ValueKind::List => {
            let mut items = Vec::new();
            reader.begin_array()?;
            while reader.has_next_item(items.is_empty())? {
                spend(budget, reader)?;
                items.push(build_value(reader, arena, budget)?);
            }
            Value::List(arena.alloc_slice_copy(&items))
        }
        ValueKind::Map => Value::Map(arena.alloc_slice_copy(&build_map(reader, arena, budget)?)),
    })
}

fn for_each_member<'a>(
    reader: &mut Reader<'a>,
    mut then: impl FnMut(&mut Reader<'a>, RawString<'a>) -> std::result::Result<(), json::Error>,
) -> std::result::Result<(), json::Error> {
    reader.begin_object()?;
    let mut first = true;
    while let Some(key) = reader.next_key(first)? {
        first = false;
        then(reader, key)?;
    }
    Ok(())
}

fn unescape_in_arena<'a>(text: RawString<'a>, arena: &'a Bump) -> &'a str {
    match text.unescape() {
        Cow::Borrowed(plain) => plain,
        Cow::Owned(unescaped) => arena.alloc_str(&unescaped),
    }
}
