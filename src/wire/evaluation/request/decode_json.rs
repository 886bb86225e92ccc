//! Decodes JSON requests for one flag and for all flags, scanned in place after one check of their syntax.
//!
//! Accepts the same as Go's `protojson`: `flagKey` or `flag_key`, null for absent fields, and unknown fields.

use std::borrow::Cow;

use crate::json;
use crate::json::RawString;
use crate::json::Reader;
use crate::json::ValueKind;
use crate::wire::context::encoded::EncodedContext;
use crate::wire::rpc_error::RpcError;

type Result<T> = std::result::Result<T, RpcError>;

/// The flag key and the context of a request for one flag.
pub fn decode_resolve_request(body: &[u8]) -> Result<(Cow<'_, str>, EncodedContext<'_>)> {
    let mut flag_key = Cow::Borrowed("");
    let context = scan_request(body, |reader, name| {
        if !(name.equals("flagKey") || name.equals("flag_key")) {
            return Ok(false);
        }
        match reader.peek_kind().map_err(DecodeFailure::Json)? {
            ValueKind::Null => reader.parse_null().map_err(DecodeFailure::Json)?,
            ValueKind::Text => {
                flag_key = reader
                    .parse_string()
                    .map_err(DecodeFailure::Json)?
                    .unescape();
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
    Ok((flag_key, context))
}

/// The context of a request for all flags.
pub fn decode_resolve_all_request(body: &[u8]) -> Result<EncodedContext<'_>> {
    scan_request(body, |_, _| Ok(false))
}

/// Checks that the body is a JSON object, whose members are ignored.
pub fn validate_empty_request(body: &[u8]) -> Result<()> {
    let skipped = |reader: &mut Reader<'_>, _: RawString<'_>| {
        reader.skip_value().map_err(DecodeFailure::Json)?;
        Ok(true)
    };
    scan_request(body, skipped).map(drop)
}

enum DecodeFailure {
    Json(json::Error),
    /// The value at this offset has the wrong type for this field.
    UnexpectedType(usize, &'static str),
}

/// Scans the fields of a request and returns its context.
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

/// The error with the text of Go's `protojson`, as far as it can be reproduced.
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
    let position = json::position_at(text, at);
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
        position.line, position.column
    ))
}
