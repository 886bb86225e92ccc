//! The OpenFeature Remote Evaluation Protocol: requests and answers in JSON, over plain HTTP.
//!
//! <https://github.com/open-feature/protocol>. Statuses and texts are flagd's.

pub mod sse_events;

use ecow::EcoString;

use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::json;
use crate::json::Reader;
use crate::json::ValueKind;
use crate::ruleset::CompiledFlag;
use crate::selector::Selector;
use crate::value::OwnedValue;
use crate::wire::evaluation::request::EncodedContext;
use crate::wire::evaluation::resolve_response;
use crate::wire::protobuf::encode_struct;

/// An answer that is no evaluation, or an evaluation that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfrepErrorResponse {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// The context in a request's body. No body, null, or a context that is no object is an empty context; what follows the
/// object is not looked at.
///
/// # Errors
/// If the body does not begin with a JSON object.
pub fn decode_context<'b>(
    body: &'b [u8],
    key: Option<&str>,
) -> Result<EncodedContext<'b>, OfrepErrorResponse> {
    let refused = || {
        error_response(
            400,
            key,
            "INVALID_CONTEXT",
            "Provider context is not valid",
            None,
        )
    };
    let text = std::str::from_utf8(body).map_err(|_| refused())?;
    find_context(text).map_err(|_| refused())
}

/// Where the context stands, if there is one.
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

/// The decision as a caller sees it: null is no answer.
pub fn null_as_error(flag: &CompiledFlag, decision: Decision) -> Decision {
    match decision {
        Decision::Variant(index, _) if is_null(flag, index) => Decision::Error(ErrorCode::General),
        other => other,
    }
}

fn is_null(flag: &CompiledFlag, index: u16) -> bool {
    matches!(
        flag.variant_values.get(usize::from(index)),
        None | Some(OwnedValue::Null)
    )
}

/// The answer for a decision.
///
/// # Errors
/// If the flag has no answer, with the body that says so.
pub fn encode_evaluation(
    flag: &CompiledFlag,
    decision: Decision,
    selector: &Selector,
) -> Result<String, OfrepErrorResponse> {
    let mut out = String::with_capacity(160);
    write_evaluation(&mut out, flag, decision, selector).map(|()| out)
}

/// Appends the answer for a decision; nothing if there is none.
fn write_evaluation(
    out: &mut String,
    flag: &CompiledFlag,
    decision: Decision,
    selector: &Selector,
) -> Result<(), OfrepErrorResponse> {
    let metadata = resolve_response::response_metadata(flag, selector);
    let (reason, chosen) = match decision {
        Decision::Error(code) => return Err(evaluation_error(&flag.key, code, &metadata)),
        Decision::Disabled => (resolve_response::REASON_DISABLED, None),
        Decision::NoDefault => (resolve_response::REASON_NO_DEFAULT, None),
        Decision::Variant(index, reason) => {
            let index = usize::from(index);
            let value = flag.variant_values.get(index);
            let value = value.filter(|value| **value != OwnedValue::Null);
            let Some(chosen) = value.zip(flag.variant_names.get(index)) else {
                return Err(evaluation_error(&flag.key, ErrorCode::General, &metadata));
            };
            (reason.as_str(), Some(chosen))
        }
    };
    out.push('{');
    if let Some((value, _)) = chosen {
        out.push_str("\"value\":");
        encode_struct::write_value(out, value);
        out.push(',');
    }
    out.push_str("\"key\":");
    json::write_string(out, &flag.key);
    out.push_str(",\"reason\":\"");
    out.push_str(reason);
    out.push('"');
    if let Some((_, variant)) = chosen {
        out.push_str(",\"variant\":");
        json::write_string(out, variant);
    }
    write_metadata(out, Some(&metadata));
    out.push('}');
    Ok(())
}

fn evaluation_error(
    key: &str,
    code: ErrorCode,
    metadata: &[(EcoString, OwnedValue)],
) -> OfrepErrorResponse {
    let (status, details) = match code {
        ErrorCode::FlagNotFound => (404, format!("flag `{key}` does not exist")),
        ErrorCode::ParseError => (400, format!("error parsing the flag `{key}`")),
        ErrorCode::TypeMismatch | ErrorCode::General => {
            (400, "error processing the flag for evaluation".to_owned())
        }
    };
    error_response(status, Some(key), code.as_str(), &details, Some(metadata))
}

/// The answer for a flag that is not there.
pub fn flag_not_found(key: &str, selector: &Selector) -> OfrepErrorResponse {
    let reflection = selector_metadata(selector);
    evaluation_error(key, ErrorCode::FlagNotFound, reflection.as_slice())
}

/// The answer to a selector that is none.
pub fn invalid_selector(key: Option<&str>, why: &str) -> OfrepErrorResponse {
    error_response(
        400,
        key,
        "GENERAL",
        &format!("invalid selector: {why}"),
        None,
    )
}

/// The answer to a body that is too large.
pub fn body_too_large() -> OfrepErrorResponse {
    OfrepErrorResponse {
        status: 413,
        body: "{\"errorDetails\":\"request body too large\"}".to_owned(),
    }
}

fn error_response(
    status: u16,
    key: Option<&str>,
    code: &str,
    details: &str,
    metadata: Option<&[(EcoString, OwnedValue)]>,
) -> OfrepErrorResponse {
    let mut body = String::from("{");
    if let Some(key) = key {
        body.push_str("\"key\":");
        json::write_string(&mut body, key);
        body.push(',');
    }
    body.push_str("\"errorCode\":\"");
    body.push_str(code);
    body.push_str("\",\"errorDetails\":");
    json::write_string(&mut body, details);
    write_metadata(&mut body, metadata);
    body.push('}');
    OfrepErrorResponse { status, body }
}

fn write_metadata(out: &mut String, metadata: Option<&[(EcoString, OwnedValue)]>) {
    out.push_str(",\"metadata\":");
    match metadata {
        Some(members) => encode_struct::write_object(out, members),
        None => out.push_str("null"),
    }
}

fn selector_metadata(selector: &Selector) -> Option<(EcoString, OwnedValue)> {
    let (key, value) = selector.metadata_entry()?;
    Some((key.into(), OwnedValue::Text(value.into())))
}

/// The answer for many flags, entry by entry.
#[derive(Debug)]
pub struct BulkEvaluationEncoder(String);

impl BulkEvaluationEncoder {
    /// An answer without entries, which will hold about `count`.
    pub fn new(count: usize) -> BulkEvaluationEncoder {
        let mut out = String::with_capacity(64 + 160 * count);
        out.push_str("{\"flags\":[");
        BulkEvaluationEncoder(out)
    }

    /// Appends what [`encode_evaluation`] makes of a decision, whether it failed or not.
    pub fn push(&mut self, flag: &CompiledFlag, decision: Decision, selector: &Selector) {
        if !self.0.ends_with('[') {
            self.0.push(',');
        }
        if let Err(failure) = write_evaluation(&mut self.0, flag, decision, selector) {
            self.0.push_str(&failure.body);
        }
    }

    /// The answer with where to learn of changes, as [`stream::StreamEndpoint::member`] writes it.
    ///
    /// [`stream::StreamEndpoint::member`]: crate::wire::ofrep::sse_events::Advert::member
    pub fn finish(self, selector: &Selector, event_streams: &str) -> String {
        let mut out = self.0;
        out.push(']');
        write_metadata(&mut out, Some(selector_metadata(selector).as_slice()));
        out.push_str(event_streams);
        out.push('}');
        out
    }
}
