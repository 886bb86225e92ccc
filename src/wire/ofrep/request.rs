//! Finds the evaluation context in the body of an OFREP request.

use bumpalo::Bump;

use crate::json;
use crate::json::ErrorKind;
use crate::json::Reader;
use crate::json::ValueKind;
use crate::wire::context::encoded::EncodedContext;
use crate::wire::ofrep::error_response::OfrepErrorResponse;
use crate::wire::ofrep::error_response::invalid_context;

/// The context in a request's body. An empty body, null, or a context that is not an object counts as an empty context.
/// Bytes after the object are ignored. An unpaired surrogate, as in a string that was cut within an emoji, is read as
/// U+FFFD, as in flagd; the text with U+FFFD is stored in `arena`.
///
/// # Errors
/// If the body does not begin with a JSON object.
pub fn decode_context<'b>(
    body: &'b [u8],
    arena: &'b Bump,
    key: Option<&str>,
) -> Result<EncodedContext<'b>, OfrepErrorResponse> {
    let text = std::str::from_utf8(body).map_err(|_| invalid_context(key))?;
    match find_context(text) {
        Err(error) if error.kind == ErrorKind::UnpairedSurrogate => {
            let replaced = json::replace_unpaired_surrogates(text, |_| {});
            find_context(arena.alloc_str(&replaced))
        }
        found => found,
    }
    .map_err(|_| invalid_context(key))
}

/// The context in the text; empty if there is no context.
fn find_context(text: &str) -> Result<EncodedContext<'_>, json::Error> {
    let mut reader = Reader::new(text);
    let mut context = EncodedContext::Json(None);
    if reader.expect_end().is_ok() {
        return Ok(context);
    }
    if reader.peek_kind()? == ValueKind::Null {
        return reader.parse_null().map(|()| context);
    }
    let mut first = true;
    reader.begin_object()?;
    while let Some(name) = reader.next_key(first)? {
        first = false;
        let is_context = name.unescape().eq_ignore_ascii_case("context");
        if is_context && reader.peek_kind()? == ValueKind::Map {
            context = EncodedContext::parse_json_object(&mut reader)?;
            continue;
        }
        reader.skip_value()?;
        if is_context {
            context = EncodedContext::Json(None);
        }
    }
    Ok(context)
}
