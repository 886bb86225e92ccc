//! JSON requests, scanned in place after one check of their syntax.
//!
//! Accepts what Go's `protojson` does: `flagKey` or `flag_key`, null for absent, unknown fields ignored.

use std::borrow::Cow;

use bumpalo::Bump;

use crate::context::Context;
use crate::context::Read;
use crate::context::Reads;
use crate::json;
use crate::json::Kind;
use crate::json::Outline;
use crate::json::Reader;
use crate::json::Text;
use crate::value::Value;
use crate::wire::error::RpcError;
use crate::wire::request::Attributes;
use crate::wire::request::Request;

type Result<T> = std::result::Result<T, RpcError>;

pub fn request(body: &[u8]) -> Result<Request<'_>> {
    let mut flag_key = Cow::Borrowed("");
    let attributes = fields(body, |reader, name| {
        if !(name.is("flagKey") || name.is("flag_key")) {
            return Ok(false);
        }
        match reader.peek().map_err(Fail::Json)? {
            Kind::Null => reader.null().map_err(Fail::Json)?,
            Kind::Text => flag_key = reader.text().map_err(Fail::Json)?.unescape(),
            _ => return Err(Fail::Type(reader.offset(), "string field flagKey")),
        }
        Ok(true)
    })?;
    Ok(Request {
        flag_key,
        attributes,
    })
}

pub fn bulk_request(body: &[u8]) -> Result<Attributes<'_>> {
    fields(body, |_, _| Ok(false))
}

pub fn empty_request(body: &[u8]) -> Result<()> {
    let skipped = |reader: &mut Reader<'_>, _: Text<'_>| {
        reader.skip().map_err(Fail::Json)?;
        Ok(true)
    };
    fields(body, skipped).map(drop)
}

enum Fail {
    Json(json::Error),
    /// At this offset stands a value that does not fit this field.
    Type(usize, &'static str),
}

/// Goes over the fields of a request and answers where its context is.
fn fields<'b>(
    body: &'b [u8],
    mut take: impl FnMut(&mut Reader<'b>, Text<'b>) -> std::result::Result<bool, Fail>,
) -> Result<Attributes<'b>> {
    let text = std::str::from_utf8(body)
        .map_err(|_| RpcError::malformed("proto: syntax error: invalid UTF-8"))?;
    if text.is_empty() {
        let why = "zero-length payload is not a valid JSON object";
        return Err(RpcError::malformed(why));
    }
    scan(text, &mut take).map_err(|fail| explain(text, &fail))
}

fn scan<'b>(
    text: &'b str,
    take: &mut impl FnMut(&mut Reader<'b>, Text<'b>) -> std::result::Result<bool, Fail>,
) -> std::result::Result<Attributes<'b>, Fail> {
    let mut reader = Reader::new(text);
    let mut context = Attributes::Json(None);
    let mut first = true;
    reader.open_map().map_err(Fail::Json)?;
    while let Some(name) = reader.key(first).map_err(Fail::Json)? {
        first = false;
        if take(&mut reader, name)? {
            continue;
        }
        let kind = reader.peek().map_err(Fail::Json)?;
        let start = reader.offset();
        let is_context = name.is("context");
        if is_context && kind == Kind::Map {
            context = Attributes::object(&mut reader).map_err(Fail::Json)?;
            continue;
        }
        reader.skip().map_err(Fail::Json)?;
        if is_context && kind != Kind::Null {
            return Err(Fail::Type(start, "google.protobuf.Struct"));
        }
        if is_context {
            context = Attributes::Json(None);
        }
    }
    reader.end().map_err(Fail::Json)?;
    Ok(context)
}

/// The error in the words of Go's `protojson`, as far as they can be known.
fn explain(text: &str, fail: &Fail) -> RpcError {
    let (at, what, syntax) = match fail {
        Fail::Json(error) if error.fault == json::Fault::End => {
            return RpcError::malformed("proto: unexpected EOF");
        }
        Fail::Json(error) if error.fault == json::Fault::Depth => {
            return RpcError::malformed("proto: exceeded max recursion depth");
        }
        Fail::Json(error) => (error.at, "invalid value", "syntax error "),
        Fail::Type(at, _) => (*at, "unexpected token", "syntax error "),
    };
    let place = json::place(text, at);
    let token: String = text
        .get(at..)
        .unwrap_or("")
        .chars()
        .take_while(|c| !c.is_whitespace() && !matches!(c, ',' | '}' | ']' | ':'))
        .take(32)
        .collect();
    let field = match fail {
        Fail::Type(_, field) => format!(" for {field}"),
        Fail::Json(_) => String::new(),
    };
    RpcError::malformed(&format!(
        "proto: {syntax}(line {}:{}): {what}{field} {token}",
        place.line, place.column
    ))
}

// What follows reads text that `fields` has checked, so an error here cannot be the caller's.
fn checked(error: json::Error) -> RpcError {
    RpcError::malformed(&format!("proto: syntax error at byte {}", error.at))
}

/// Fills the slots of `reads` from an object of which it is known where its members stand.
// Neither this nor the next is inlined: they would take registers from the loop of protobuf that is called beside them.
#[inline(never)]
pub fn fill_outlined<'a>(
    outline: &Outline<'a>,
    reads: &Reads,
    context: &mut Context<'a>,
) -> Result<()> {
    for read in &reads.roots {
        if let Some(mut reader) = outline.member(&read.name) {
            fill_read(&mut reader, read, context).map_err(checked)?;
        }
    }
    Ok(())
}

/// Fills the slots of `reads` from an object.
#[inline(never)]
pub fn fill<'a>(text: &'a str, reads: &Reads, context: &mut Context<'a>) -> Result<()> {
    let mut reader = Reader::new(text);
    each_member(&mut reader, |reader, key| {
        match reads.root(key.unescape().as_bytes()) {
            Some(read) => fill_read(reader, read, context),
            None => reader.skip(),
        }
    })
    .map_err(checked)
}

fn fill_read<'a>(
    reader: &mut Reader<'a>,
    read: &Read,
    context: &mut Context<'a>,
) -> std::result::Result<(), json::Error> {
    if reader.peek()? == Kind::Map && read.slot.is_none() {
        context.clear(read);
        return each_member(reader, |reader, key| {
            match read.member(key.unescape().as_bytes()) {
                Some(read) => fill_read(reader, read, context),
                None => reader.skip(),
            }
        });
    }
    let value = build(reader, context.arena())?;
    context.fill(read, value);
    Ok(())
}

/// All attributes of an object.
pub fn members<'a>(text: &'a str, arena: &'a Bump) -> Result<Vec<(&'a str, Value<'a>)>> {
    let mut reader = Reader::new(text);
    build_members(&mut reader, arena).map_err(checked)
}

fn build_members<'a>(
    reader: &mut Reader<'a>,
    arena: &'a Bump,
) -> std::result::Result<Vec<(&'a str, Value<'a>)>, json::Error> {
    let mut members = Vec::new();
    each_member(reader, |reader, key| {
        members.push((keep(key, arena), build(reader, arena)?));
        Ok(())
    })?;
    Ok(members)
}

fn build<'a>(
    reader: &mut Reader<'a>,
    arena: &'a Bump,
) -> std::result::Result<Value<'a>, json::Error> {
    Ok(match reader.peek()? {
        Kind::Null => reader.null().map(|()| Value::Null)?,
        Kind::Bool => Value::Bool(reader.bool()?),
        Kind::Number => Value::Number(reader.number()?),
        Kind::Text => Value::Text(keep(reader.text()?, arena)),
        Kind::List => {
            let mut items = Vec::new();
            reader.open_list()?;
            while reader.item(items.is_empty())? {
                items.push(build(reader, arena)?);
            }
            Value::List(arena.alloc_slice_copy(&items))
        }
        Kind::Map => Value::Map(arena.alloc_slice_copy(&build_members(reader, arena)?)),
    })
}

fn each_member<'a>(
    reader: &mut Reader<'a>,
    mut then: impl FnMut(&mut Reader<'a>, Text<'a>) -> std::result::Result<(), json::Error>,
) -> std::result::Result<(), json::Error> {
    reader.open_map()?;
    let mut first = true;
    while let Some(key) = reader.key(first)? {
        first = false;
        then(reader, key)?;
    }
    Ok(())
}

fn keep<'a>(text: Text<'a>, arena: &'a Bump) -> &'a str {
    match text.unescape() {
        Cow::Borrowed(plain) => plain,
        Cow::Owned(unescaped) => arena.alloc_str(&unescaped),
    }
}
