//! `/api/flags`: documents of remote modules and of flags with lists and a percentage, and their evaluation.

use axum::extract::Path;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::control::access::Verb;
use crate::control::api::dialects::call::Call;
use crate::control::api::dialects::call::parse_body;
use crate::control::api::dialects::evaluation;
use crate::control::api::dialects::shown_flag::FormatFamily;
use crate::control::api::dialects::shown_flag::ServiceFlag;
use crate::control::api::dialects::shown_flag::document_response;
use crate::control::api::dialects::write_document;
use crate::control::api::dialects::write_document::SentDocument;
use crate::control::api::problem::Problem;
use crate::control::api::problem::json_response;
use crate::control::dialect::json_member::member;
use crate::control::dialect::json_member::set_member;
use crate::control::dialect::user_context;
use crate::control::environment::EnvironmentStatus;
use crate::control::environment::error::ChangeError;
use crate::control::model::command::Command;
use crate::control::model::command::find_flag;
use crate::ruleset::CompiledFlag;

/// `GET /api/flags`: whether the user of the parameters has each flag, by key.
pub async fn bootstrap(call: Call) -> Result<Response, Problem> {
    let context = query_context(&call)?;
    let status = call.environment.status();
    let results = results(&call, &status, &context);
    Ok(document_response(
        &Value::Object(results).to_string(),
        status.revision.number,
    ))
}

/// The context of the parameters of the URL.
///
/// # Errors
/// If a parameter is unknown or invalid.
pub fn query_context(call: &Call) -> Result<Map<String, Value>, Problem> {
    let parameters = call.parameters(&user_context::PARAMETERS)?;
    user_context::from_query(|name| parameters.text(name)).map_err(Problem::bad_request)
}

/// The result of each flag that the caller may read.
pub fn results(
    call: &Call,
    status: &EnvironmentStatus,
    context: &Map<String, Value>,
) -> Map<String, Value> {
    let snapshot = &status.revision.snapshot;
    let flags = snapshot.ruleset.flags.iter();
    let readable = flags.filter(|flag| call.require(Verb::Read, &flag.key).is_ok());
    readable
        .map(|flag| {
            let result = evaluation::flag_result(snapshot, flag, context);
            (flag.key.to_string(), result.to_json())
        })
        .collect()
}

/// `POST /api/flags`
pub async fn create(call: Call, body: Bytes) -> Result<Response, Problem> {
    call.parameters(&[])?;
    let document = SentDocument::parse(&call, FormatFamily::Service, None, &body)?;
    document.write(&call).await
}

/// `GET /api/flags/{key}`
pub async fn show(call: Call, Path(key): Path<String>) -> Result<Response, Problem> {
    show_in(&call, &key, FormatFamily::Service).await
}

/// The document of a flag.
///
/// # Errors
/// If there is no such flag, or the caller may not read it.
pub async fn show_in(call: &Call, key: &str, family: FormatFamily) -> Result<Response, Problem> {
    call.parameters(&[])?;
    call.require(Verb::Read, key)?;
    call.wait_for_files().await;
    let status = call.environment.status();
    let shown = ServiceFlag::find(&status, &call.environment.name, key, family)?;
    Ok(shown.response(StatusCode::OK))
}

/// `PUT /api/flags/{key}`
pub async fn replace(
    call: Call,
    Path(key): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    call.parameters(&[])?;
    let document = SentDocument::parse(&call, FormatFamily::Service, Some(&key), &body)?;
    document.write(&call).await
}

/// `DELETE /api/flags/{key}`
pub async fn delete(call: Call, Path(key): Path<String>) -> Result<Response, Problem> {
    delete_in(&call, key, FormatFamily::Service).await
}

/// Deletes a flag, if it has an entity tag of `If-Match`.
///
/// # Errors
/// If a file defines the flag, or it has changed.
pub async fn delete_in(
    call: &Call,
    key: String,
    family: FormatFamily,
) -> Result<Response, Problem> {
    call.parameters(&[])?;
    call.require(Verb::Write, &key)?;
    let status = call.environment.status();
    let mut expected = None;
    if let Some(wanted) = call.if_match() {
        let shown = ServiceFlag::find(&status, &call.environment.name, &key, family)?;
        write_document::check_if_match(&wanted, &shown)?;
        expected = Some(status.revision.number);
    }
    let changed = call.change(Command::Delete(key.clone()), None, expected);
    let revision = changed.await??.after.number;
    Ok(json_response(
        &json!({ "deleted": key, "revision": revision }),
    ))
}

/// `POST /api/flags/{key}/evaluate`: the version of a remote module, or whether a user has a flag.
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
    let ruleset = &status.revision.snapshot.ruleset;
    let flag = find_flag(ruleset, &key).map_err(ChangeError::from)?;
    let mut answer = evaluate_flag(&status, flag, &context);
    set_member(&mut answer, "revision", json!(status.revision.number));
    Ok(json_response(&answer))
}

fn evaluate_flag(
    status: &EnvironmentStatus,
    flag: &CompiledFlag,
    context: &Map<String, Value>,
) -> Value {
    let snapshot = &status.revision.snapshot;
    let answer = evaluation::answer(snapshot, &flag.key, context);
    match member(&answer, "value") {
        Value::Object(version) if version.contains_key("remoteEntry") => {
            let mut named = version.clone();
            named.insert("name".to_owned(), member(&answer, "variant").clone());
            Value::Object(named)
        }
        _ => evaluation::flag_result(snapshot, flag, context).to_json(),
    }
}
