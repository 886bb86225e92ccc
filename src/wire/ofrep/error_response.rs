//! OFREP responses with an error: status, error code and details in JSON.

use ecow::EcoString;

use crate::decision::ErrorCode;
use crate::json;
use crate::selector::Selector;
use crate::value::OwnedValue;
use crate::wire::selector_metadata;

/// A response that reports an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfrepErrorResponse {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// The response to a body or a context that is not a JSON object.
pub fn invalid_context(key: Option<&str>) -> OfrepErrorResponse {
    let details = "Provider context is not valid";
    error_response(400, key, "INVALID_CONTEXT", details, None)
}

/// The response for a decision that is an error.
pub fn evaluation_error(
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

/// The response for an unknown flag.
pub fn flag_not_found(key: &str, selector: &Selector) -> OfrepErrorResponse {
    let reflection = selector_metadata::selector_metadata(selector);
    evaluation_error(key, ErrorCode::FlagNotFound, reflection.as_slice())
}

/// The response to an invalid selector.
pub fn invalid_selector(key: Option<&str>, why: &str) -> OfrepErrorResponse {
    error_response(
        400,
        key,
        "GENERAL",
        &format!("invalid selector: {why}"),
        None,
    )
}

/// The response to a body that is too large.
pub fn body_too_large() -> OfrepErrorResponse {
    OfrepErrorResponse {
        status: 413,
        body: "{\"errorDetails\":\"request body too large\"}".to_owned(),
    }
}

/// The response to a request without a valid token.
pub fn unauthenticated(why: &str) -> OfrepErrorResponse {
    let mut body = String::from("{\"errorDetails\":");
    json::write_string(&mut body, why);
    body.push('}');
    OfrepErrorResponse { status: 401, body }
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

/// Appends the member `metadata`.
pub fn write_metadata(out: &mut String, metadata: Option<&[(EcoString, OwnedValue)]>) {
    out.push_str(",\"metadata\":");
    match metadata {
        Some(members) => json::write_object(out, members),
        None => out.push_str("null"),
    }
}
