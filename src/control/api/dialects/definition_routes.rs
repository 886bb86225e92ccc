//! `/api/v1/flags`: documents with rules by priority, with optimistic locks.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use http::header;
use serde_json::Map;
use serde_json::Value;

use crate::control::access::Verb;
use crate::control::api::dialects::call::Call;
use crate::control::api::dialects::call::parse_body;
use crate::control::api::dialects::evaluation;
use crate::control::api::dialects::service_routes;
use crate::control::api::dialects::shown_flag;
use crate::control::api::dialects::shown_flag::FormatFamily;
use crate::control::api::dialects::shown_flag::ServiceFlag;
use crate::control::api::dialects::write_document::SentDocument;
use crate::control::api::problem::Problem;
use crate::control::api::problem::json_response;
use crate::control::dialect::user_context;
use crate::control::environment::EnvironmentStatus;
use crate::control::environment::error::ChangeError;
use crate::control::model::command::find_flag;

/// `GET /api/v1/flags`: all documents, or 304 if the caller has them.
pub async fn list(call: Call) -> Result<Response, Problem> {
    call.parameters(&[])?;
    call.wait_for_files().await;
    let status = call.environment.status();
    let shown: Vec<String> = documents(&call, &status)
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    let text = format!("[{}]", shown.join(","));
    let mut response = shown_flag::document_response(&text, status.revision.number);
    let tag = shown_flag::etag(&text);
    let known = call.header(header::IF_NONE_MATCH.as_str());
    let is_known = |known: &str| known.trim().trim_start_matches("W/") == tag;
    if known.is_some_and(|known| known.split(',').any(is_known)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    Ok(response)
}

/// The documents of all flags that the caller may read, by key.
pub fn documents(call: &Call, status: &EnvironmentStatus) -> Vec<(String, String)> {
    let effective = status.effective();
    let readable = effective.flags.iter();
    let readable = readable.filter(|flag| call.require(Verb::Read, &flag.key).is_ok());
    let environment = &call.environment.name;
    let mut documents: Vec<(String, String)> = readable
        .map(|flag| {
            let shown = ServiceFlag::of(status, environment, flag, FormatFamily::Definition);
            (flag.key.to_string(), shown.text)
        })
        .collect();
    documents.sort();
    documents
}

/// `POST /api/v1/flags`
pub async fn create(call: Call, body: Bytes) -> Result<Response, Problem> {
    call.parameters(&[])?;
    let document = SentDocument::parse(&call, FormatFamily::Definition, None, &body)?;
    document.write(&call).await
}

/// `GET /api/v1/flags/{key}`
pub async fn show(call: Call, Path(key): Path<String>) -> Result<Response, Problem> {
    service_routes::show_in(&call, &key, FormatFamily::Definition).await
}

/// `PUT /api/v1/flags/{key}`: refused unless the document has the latest `version`, or `If-Match` its entity tag.
pub async fn replace(
    call: Call,
    Path(key): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    call.parameters(&[])?;
    let document = SentDocument::parse(&call, FormatFamily::Definition, Some(&key), &body)?;
    document.write(&call).await
}

/// `DELETE /api/v1/flags/{key}`
pub async fn delete(call: Call, Path(key): Path<String>) -> Result<Response, Problem> {
    service_routes::delete_in(&call, key, FormatFamily::Definition).await
}

/// `POST /api/v1/flags/{key}/evaluate`
pub async fn evaluate(
    call: Call,
    Path(key): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    call.parameters(&[])?;
    call.require(Verb::Read, &key)?;
    let body: Map<String, Value> = parse_body(&body)?;
    let context = user_context::from_body(&body).map_err(Problem::bad_request)?;
    let status = call.environment.status();
    find_flag(&status.revision.snapshot.ruleset, &key).map_err(ChangeError::from)?;
    let environment = &call.environment.name;
    let answer = evaluation::rule_evaluation(&status, environment, &key, &context);
    Ok(json_response(&answer))
}
