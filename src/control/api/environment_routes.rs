//! Routes that show environments and their flags.

use axum::extract::Path;
use axum::extract::RawQuery;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use serde_json::json;

use crate::control::api::ApiContext;
use crate::control::api::flag_json::flag_json;
use crate::control::api::problem::Problem;
use crate::control::api::problem::json_response;
use crate::control::api::query::QueryParameters;
use crate::control::environment::Environment;
use crate::control::environment::error::ChangeError;
use crate::control::model::command::find_flag;

/// The most flags of a page.
const PAGE: usize = 500;

/// `GET /fanion/v1/environments`
pub async fn list(
    State(context): State<ApiContext>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    QueryParameters::parse(query.as_deref(), &[])?;
    let environments = context.environments.values();
    let environments: Vec<Value> = environments.map(|env| environment_json(env)).collect();
    Ok(json_response(&json!({ "environments": environments })))
}

/// `GET …/environments/{environment}`
pub async fn show(
    State(context): State<ApiContext>,
    Path(environment): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    QueryParameters::parse(query.as_deref(), &[])?;
    let environment = context.environment(&environment)?;
    Ok(json_response(&environment_json(environment)))
}

fn environment_json(environment: &Environment) -> Value {
    let status = environment.status();
    let killed = status
        .state
        .flags
        .iter()
        .filter(|(_, flag)| flag.killed.is_some());
    let killed: Vec<&str> = killed.map(|(key, _)| key.as_str()).collect();
    let sources = environment.sources.iter().map(|source| {
        let health = source.health();
        json!({
            "source": &*source.redacted_name,
            "stale": health.is_stale(),
            "error": health.last_error.filter(|_| health.failing_since.is_some()).map(|(_, why)| why),
        })
    });
    json!({
        "name": &*environment.name,
        "revision": status.revision.number,
        "epoch": status.revision.epoch,
        "contentHash": status.revision.content_hash.to_string(),
        "flags": status.revision.definitions.len(),
        "frozen": status.state.frozen,
        "killed": killed,
        "unjournalledKills": status.backlog.kills,
        "journalError": status.backlog.error,
        "findings": status.findings,
        "waitingEdits": status.waiting_edits.iter().map(|key| &**key).collect::<Vec<&str>>(),
        "sources": sources.collect::<Vec<Value>>(),
    })
}

/// `GET …/flags`
pub async fn list_flags(
    State(context): State<ApiContext>,
    Path(environment): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = QueryParameters::parse(query.as_deref(), &["after"])?;
    let environment = context.environment(&environment)?;
    let status = environment.status();
    let snapshot = status.revision.snapshot.clone();
    let after = query.text("after").unwrap_or("");
    let flags = snapshot
        .ruleset
        .flags
        .iter()
        .filter(|flag| &*flag.key > after);
    let mut flags: Vec<_> = flags.take(PAGE + 1).collect();
    let next = (flags.len() > PAGE).then(|| flags.pop()).flatten();
    let cursor = next.and_then(|_| flags.last()).map(|flag| &*flag.key);
    let shown: Vec<Value> = flags.iter().map(|flag| flag_json(flag, &status)).collect();
    Ok(json_response(&json!({
        "revision": status.revision.number,
        "flags": shown,
        "next": cursor,
    })))
}

/// `GET …/flags/{key}`
pub async fn show_flag(
    State(context): State<ApiContext>,
    Path((environment, key)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    QueryParameters::parse(query.as_deref(), &[])?;
    let environment = context.environment(&environment)?;
    let status = environment.status();
    let flag = find_flag(&status.revision.snapshot.ruleset, &key).map_err(ChangeError::from)?;
    let mut shown = flag_json(flag, &status);
    if let Some(members) = shown.as_object_mut() {
        members.insert("revision".to_owned(), json!(status.revision.number));
    }
    Ok(json_response(&shown))
}
