//! Routes of the history: the document of a revision, and the flag files with all overrides written into them.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Path;
use axum::extract::State;
use axum::response::Response;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::control::api::ApiContext;
use crate::control::api::native::log_routes::blocking;
use crate::control::api::problem::Problem;
use crate::control::api::problem::json_response;
use crate::control::api::query::QueryParameters;
use crate::control::api::request::entity_tag::ResponseVersion;
use crate::control::export;
use crate::control::revision::Definitions;
use crate::control::store::At;
use crate::control::store::StoredRevision;

/// `GET …/document`: the effective flags now, at a revision, or at a time.
pub async fn document(
    State(context): State<ApiContext>,
    Path(environment): Path<String>,
    Extension(query): Extension<QueryParameters>,
) -> Result<Response, Problem> {
    let environment = context.environment(&environment)?;
    let Some(at) = parse_at(&query)? else {
        let revision = environment.revision();
        let flags = flags_json(&revision.definitions);
        return Ok(document_json(
            revision.number,
            &revision.content_hash.to_string(),
            &flags,
        ));
    };
    let stored = revision_at(&context, &environment.name, at).await?;
    let flags = flags_json(&stored.definitions);
    Ok(document_json(
        stored.seq,
        &stored.content_hash.to_string(),
        &flags,
    ))
}

/// The point in the history that a query names.
///
/// # Errors
/// If it names two.
pub fn parse_at(query: &QueryParameters) -> Result<Option<At>, Problem> {
    match (query.number("revision")?, query.number("at")?) {
        (Some(_), Some(_)) => Err(Problem::bad_request("give `revision` or `at`, not both")),
        (Some(number), None) => Ok(Some(At::Revision(number))),
        (None, Some(at_ms)) => Ok(Some(At::Time(at_ms))),
        (None, None) => Ok(None),
    }
}

/// The revision at a point in the history.
///
/// # Errors
/// If there was none yet.
pub async fn revision_at(
    context: &ApiContext,
    environment: &Arc<str>,
    at: At,
) -> Result<StoredRevision, Problem> {
    let (reader, name) = (context.reader.clone(), environment.clone());
    let found = blocking(move || reader.document_at(&name, at)).await?;
    found.ok_or_else(|| {
        let what = match at {
            At::Revision(number) => format!("there is no revision {number}"),
            At::Time(at_ms) => format!("there was no revision at {at_ms} ms"),
        };
        Problem::not_found(
            "unknown-revision",
            format!("{what} of environment `{environment}`"),
        )
    })
}

fn flags_json(definitions: &Definitions) -> Value {
    let parse = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    let flags = definitions.iter();
    let flags: Map<String, Value> = flags
        .map(|(key, text)| (key.to_string(), parse(text)))
        .collect();
    Value::Object(flags)
}

fn document_json(number: u64, content_hash: &str, flags: &Value) -> Response {
    let shown = json!({ "revision": number, "contentHash": content_hash, "flags": flags });
    let mut response = json_response(&shown);
    response
        .extensions_mut()
        .insert(ResponseVersion::Revision(number));
    response
}

/// `GET …/export`: the flag files with all overrides written into them.
pub async fn export(
    State(context): State<ApiContext>,
    Path(environment): Path<String>,
) -> Result<Response, Problem> {
    let environment = context.environment(&environment)?.clone();
    let files = tokio::task::spawn_blocking(move || export::export(&environment)).await;
    let status = http::StatusCode::INTERNAL_SERVER_ERROR;
    let files =
        files.map_err(|_| Problem::new(status, "internal", "the export failed: see the log"))?;
    let files = files.map_err(|why| Problem::new(status, "export", why))?;
    let files: Vec<Value> = files
        .into_iter()
        .map(|file| json!({ "file": file.file, "changed": file.changed, "text": file.text }))
        .collect();
    Ok(json_response(&json!({ "files": files })))
}
