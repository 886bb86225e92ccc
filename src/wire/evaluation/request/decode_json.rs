//! JSON requests, scanned in place after one check of their syntax.
//!
//! Accepts what Go's `protojson` does: `flagKey` or `flag_key`, null for absent, unknown fields ignored.

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
use crate::wire::evaluation::request::EncodedContext;
use crate::wire::evaluation::request::ResolveRequest;
use crate::wire::rpc_error::RpcError;

type Result<T> = std::result::Result<T, RpcError>;

pub fn decode_resolve_request(body: &[u8]) -> Result<ResolveRequest<'_>> {
    let mut flag_key = Cow::Borrowed("");
    let attributes = scan_request(body, |reader, name| {
        if !(name.equals("flagKey") || name.equals("flag_key")) {
            return Ok(false);
        }
        match reader.peek_kind().map_err(DecodeFailure::Json)? {
            ValueKind::Null => reader.parse_null().map_err(DecodeFailure::Json)?,
            ValueKind::Text => {
                flag_key = reader
                    .parse_string()
                    .map_err(DecodeFailure::Json)?
                    .unescape()
            }
            _ => {
                return Err(DecodeFailure::UnexpectedType(
                    reader.next_offset(),
                    "string field flagKey",
                ));
            }
        }
        Ok(true)
    })?;
    Ok(ResolveRequest {
        flag_key,
        context: attributes,
    })
}

pub fn decode_resolve_all_request(body: &[u8]) -> Result<EncodedContext<'_>> {
    scan_request(body, |_, _| Ok(false))
}

pub fn validate_empty_request(body: &[u8]) -> Result<()> {
    let skipped = |reader: &mut Reader<'_>, _: RawString<'_>| {
        reader.skip_value().map_err(DecodeFailure::Json)?;
        Ok(true)
    };
    scan_request(body, skipped).map(drop)
}

enum DecodeFailure {
    Json(json::Error),
    /// At this offset stands a value that does not fit this field.
    UnexpectedType(usize, &'static str),
}

/// Goes over the fields of a request and answers where its context is.
fn scan_request<'b>(
    body: &'b [u8],
    mut accept_field: impl FnMut(
        &mut Reader<'b>,
        RawString<'b>,
    ) -> std::result::Result<bool, DecodeFailure>,
) -> Result<EncodedContext<'b>> {
    let text = std::str::from_utf8(body)
        .map_err(|_| RpcError::malformed("proto: syntax error: invalid UTF-8"))?;
    if text.is_empty() {
        let why = "zero-length payload is not a valid JSON object";
        return Err(RpcError::malformed(why));
    }
    scan_fields(text, &mut accept_field).map_err(|fail| protojson_error(text, &fail))
}

fn scan_fields<'b>(
    text: &'b str,
    accept_field: &mut impl FnMut(
        &mut Reader<'b>,
        RawString<'b>,
    ) -> std::result::Result<bool, DecodeFailure>,
) -> std::result::Result<EncodedContext<'b>, DecodeFailure> {
    let mut reader = Reader::new(text);
    let mut context = EncodedContext::Json(None);
    let mut first = true;
    reader.begin_object().map_err(DecodeFailure::Json)?;
    while let Some(name) = reader.next_key(first).map_err(DecodeFailure::Json)? {
        first = false;
        if accept_field(&mut reader, name)? {
            continue;
        }
        let kind = reader.peek_kind().map_err(DecodeFailure::Json)?;
        let start = reader.next_offset();
        let is_context = name.equals("context");
        if is_context && kind == ValueKind::Map {
            context =
                EncodedContext::parse_json_object(&mut reader).map_err(DecodeFailure::Json)?;
            continue;
        }
        reader.skip_value().map_err(DecodeFailure::Json)?;
        if is_context && kind != ValueKind::Null {
            return Err(DecodeFailure::UnexpectedType(
                start,
                "google.protobuf.Struct",
            ));
        }
        if is_context {
            context = EncodedContext::Json(None);
        }
    }
    reader.expect_end().map_err(DecodeFailure::Json)?;
    Ok(context)
}

/// The error in the words of Go's `protojson`, as far as they can be known.
fn protojson_error(text: &str, fail: &DecodeFailure) -> RpcError {
    let (at, what, syntax) = match fail {
        DecodeFailure::Json(error) if error.kind == json::ErrorKind::UnexpectedEnd => {
            return RpcError::malformed("proto: unexpected EOF");
        }
        DecodeFailure::Json(error) if error.kind == json::ErrorKind::TooDeep => {
            return RpcError::malformed("proto: exceeded max recursion depth");
        }
        DecodeFailure::Json(error) => (error.offset, "invalid value", "syntax error "),
        DecodeFailure::UnexpectedType(at, _) => (*at, "unexpected token", "syntax error "),
    };
    let place = json::position_at(text, at);
    let token: String = text
        .get(at..)
        .unwrap_or("")
        .chars()
        .take_while(|c| !c.is_whitespace() && !matches!(c, ',' | '}' | ']' | ':'))
        .take(32)
        .collect();
    let field = match fail {
        DecodeFailure::UnexpectedType(_, field) => format!(" for {field}"),
        DecodeFailure::Json(_) => String::new(),
    };
    RpcError::malformed(&format!(
        "proto: {syntax}(line {}:{}): {what}{field} {token}",
        place.line, place.column
    ))
}

// What follows reads text that `fields` has checked, so an error here cannot be the caller's.
fn invalid_json_error(error: json::Error) -> RpcError {
    RpcError::malformed(&format!("proto: syntax error at byte {}", error.offset))
}

/// Fills the slots of `reads` from an object of which it is known where its members stand.
// Neither this nor the next is inlined: they would take registers from the loop of protobuf that is called beside them.
#[inline(never)]
pub fn fill_context_from_index<'a>(
    index: &ObjectIndex<'a>,
    reads: &ReadSet,
    context: &mut EvaluationContext<'a>,
) -> Result<()> {
    for read in &reads.roots {
        if let Some(mut reader) = index.member(&read.name) {
            fill_attribute(&mut reader, read, context).map_err(invalid_json_error)?;
        }
    }
    Ok(())
}

/// Fills the slots of `reads` from an object.
#[inline(never)]
pub fn fill_context<'a>(
    text: &'a str,
    reads: &ReadSet,
    context: &mut EvaluationContext<'a>,
) -> Result<()> {
    let mut reader = Reader::new(text);
    for_each_member(&mut reader, |reader, key| {
        match reads.root(key.unescape().as_bytes()) {
            Some(read) => fill_attribute(reader, read, context),
            None => reader.skip_value(),
        }
    })
    .map_err(invalid_json_error)
}

fn fill_attribute<'a>(
    reader: &mut Reader<'a>,
    read: &AttributeNode,
    context: &mut EvaluationContext<'a>,
) -> std::result::Result<(), json::Error> {
    if reader.peek_kind()? == ValueKind::Map && read.slot.is_none() {
        context.clear_slots(read);
        return for_each_member(reader, |reader, key| {
            match read.child(key.unescape().as_bytes()) {
                Some(read) => fill_attribute(reader, read, context),
                None => reader.skip_value(),
            }
        });
    }
    let value = build_value(reader, context.arena())?;
    context.fill_slots(read, value);
    Ok(())
}

/// All attributes of an object.
pub fn decode_attributes<'a>(text: &'a str, arena: &'a Bump) -> Result<Vec<(&'a str, Value<'a>)>> {
    let mut reader = Reader::new(text);
    build_map(&mut reader, arena).map_err(invalid_json_error)
}

fn build_map<'a>(
    reader: &mut Reader<'a>,
    arena: &'a Bump,
) -> std::result::Result<Vec<(&'a str, Value<'a>)>, json::Error> {
    let mut members = Vec::new();
    for_each_member(reader, |reader, key| {
        members.push((unescape_in_arena(key, arena), build_value(reader, arena)?));
        Ok(())
    })?;
    Ok(members)
}

fn build_value<'a>(
    reader: &mut Reader<'a>,
    arena: &'a Bump,
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
                items.push(build_value(reader, arena)?);
            }
            Value::List(arena.alloc_slice_copy(&items))
        }
        ValueKind::Map => Value::Map(arena.alloc_slice_copy(&build_map(reader, arena)?)),
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
