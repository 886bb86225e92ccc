//! `POST …/flags/{key}/evaluate`: the answer of a flag for a context, now or at any point of the history.

use axum::Extension;
use axum::extract::Path;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::control::api::ApiContext;
use crate::control::api::native::history_routes::parse_at;
use crate::control::api::native::history_routes::revision_at;
use crate::control::api::problem::Problem;
use crate::control::api::problem::json_response;
use crate::control::api::query::QueryParameters;
use crate::control::environment::startup::compile_definitions;
use crate::resolve::RequestScope;
use crate::resolve::ofrep;
use crate::resolve::system_clock;
use crate::selector::Selector;
use crate::snapshot::Snapshot;

/// Evaluates a flag. The body is that of an OFREP request, `{"context": {…}}`.
pub async fn evaluate(
    State(context): State<ApiContext>,
    Path((environment, key)): Path<(String, String)>,
    Extension(query): Extension<QueryParameters>,
    body: Bytes,
) -> Result<Response, Problem> {
    let environment = context.environment(&environment)?;
    check_body(&body)?;
    let Some(at) = parse_at(&query)? else {
        let revision = environment.revision();
        return evaluation(&revision.snapshot, revision.number, &key, &body);
    };
    let stored = revision_at(&context, &environment.name, at).await?;
    let (number, definitions) = (stored.seq, stored.definitions);
    let compiled = tokio::task::spawn_blocking(move || compile_definitions(&definitions)).await;
    let compiled = compiled.unwrap_or_else(|_| Err("compiling failed: see the log".to_owned()));
    let snapshot =
        compiled.map_err(|why| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", why))?;
    evaluation(&snapshot, number, &key, &body)
}

/// Checks that a body has a context and nothing else: a misspelt member would give the answer of an empty context.
fn check_body(body: &[u8]) -> Result<(), Problem> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("the body is invalid: {error}")))?;
    let members = value.as_object().filter(|members| {
        let has_context = members.get("context").is_some_and(Value::is_object);
        has_context && members.len() == 1
    });
    members.map(|_| ()).ok_or_else(|| {
        Problem::bad_request("the body must be {\"context\": {…}}, without other members")
    })
}

/// The OFREP response, with the revision that gave it. An evaluation error is an answer, too.
fn evaluation(
    snapshot: &Snapshot,
    revision: u64,
    key: &str,
    body: &[u8],
) -> Result<Response, Problem> {
    let scope = RequestScope {
        selector: &Selector::All,
        overlay: &[],
        clock: system_clock,
        observer: None,
    };
    let text = match ofrep::resolve_flag(snapshot, scope, key, body) {
        Ok(text) => text,
        Err(error) => error.body,
    };
    let mut answer: Value = serde_json::from_str(&text)
        .map_err(|error| Problem::bad_request(format!("the context is invalid: {error}")))?;
    if let Some(members) = answer.as_object_mut() {
        members.insert("revision".to_owned(), json!(revision));
    }
    Ok(json_response(&answer))
}
