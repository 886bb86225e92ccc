//! Routes that show environments and their flags.

use axum::Extension;
use axum::extract::Path;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use serde_json::json;

use crate::control::access::Caller;
use crate::control::api::ApiContext;
use crate::control::api::authorization::FlagReader;
use crate::control::api::native::flag_json::flag_json;
use crate::control::api::problem::Problem;
use crate::control::api::problem::json_response;
use crate::control::api::query::QueryParameters;
use crate::control::api::request::entity_tag::ResponseVersion;
use crate::control::api::request::page::PageRequest;
use crate::control::environment::Environment;
use crate::control::environment::error::ChangeError;
use crate::control::model::command::find_flag;
use crate::control::model::flag_version::FlagVersion;
use crate::control::revision::Revision;

/// The flags of a page, if no limit is given.
const PAGE: usize = 500;

/// `GET /fanion/v1/environments`
pub async fn list(
    State(context): State<ApiContext>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Problem> {
    let environments = context.environments.values();
    let environments = environments.filter(|env| caller.require_any(&env.name).is_ok());
    let environments: Vec<Value> = environments
        .map(|env| environment_json(env, &caller))
        .collect();
    Ok(json_response(&json!({ "environments": environments })))
}

/// `GET …/environments/{environment}`
pub async fn show(
    State(context): State<ApiContext>,
    Extension(caller): Extension<Caller>,
    Path(environment): Path<String>,
) -> Result<Response, Problem> {
    let environment = context.environment(&environment)?;
    let shown = environment_json(environment, &caller);
    let revision = environment.revision().number;
    Ok(with_version(&shown, ResponseVersion::Revision(revision)))
}

/// The environment as the API shows it. A caller sees the keys of those flags that it may read.
fn environment_json(environment: &Environment, caller: &Caller) -> Value {
    let status = environment.status();
    let reader = FlagReader::new(caller, environment, &status.revision);
    let killed = status
        .state
        .flags
        .iter()
        .filter(|(_, flag)| flag.killed.is_some());
    let killed = killed.map(|(key, _)| key.as_str());
    let killed: Vec<&str> = killed.filter(|key| reader.may_read(key)).collect();
    let waiting = status.waiting_edits.iter().map(|key| &**key);
    let waiting: Vec<&str> = waiting.filter(|key| reader.may_read(key)).collect();
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
        "findings": if reader.reads_all { status.findings } else { Vec::new() },
        "waitingEdits": waiting,
        "sources": sources.collect::<Vec<Value>>(),
    })
}

/// `GET …/flags`: sorted by key. `q` selects flags whose key, owner or description has a text.
pub async fn list_flags(
    State(context): State<ApiContext>,
    Extension(caller): Extension<Caller>,
    Path(environment): Path<String>,
    Extension(query): Extension<QueryParameters>,
) -> Result<Response, Problem> {
    let environment = context.environment(&environment)?;
    let page = PageRequest::parse(&query, PAGE)?;
    let search = query.text("q").map(str::to_lowercase);
    let status = environment.status();
    let reader = FlagReader::new(&caller, environment, &status.revision);
    let after = page.after.as_deref().unwrap_or("");
    let flags = status.revision.snapshot.ruleset.flags.iter();
    let flags = flags.filter(|flag| &*flag.key > after);
    let flags = flags.filter(|flag| {
        let search = search.as_ref();
        search.is_none_or(|search| is_found(&status.revision, &flag.key, search))
            && reader.may_read(&flag.key)
    });
    let mut flags: Vec<_> = flags.take(page.limit + 1).collect();
    let next = page.cut(&mut flags, |flag| flag.key.to_string());
    let shown: Vec<Value> = flags.iter().map(|flag| flag_json(flag, &status)).collect();
    Ok(with_version(
        &json!({ "revision": status.revision.number, "flags": shown, "next": next }),
        ResponseVersion::Revision(status.revision.number),
    ))
}

/// Returns true if the key, the owner or the description of a flag has a text, which is in lower case.
fn is_found(revision: &Revision, key: &str, search: &str) -> bool {
    if key.to_lowercase().contains(search) {
        return true;
    }
    let Some(text) = revision.definitions.get(key) else {
        return false;
    };
    // Only few definitions have the text anywhere, and need to be parsed.
    if !text.to_lowercase().contains(search) {
        return false;
    }
    let definition: Value = serde_json::from_str(text).unwrap_or_default();
    let metadata = definition.get("metadata");
    ["owner", "description"].into_iter().any(|name| {
        let value = metadata.and_then(|metadata| metadata.get(name)?.as_str());
        value.is_some_and(|value| value.to_lowercase().contains(search))
    })
}

/// `GET …/flags/{key}`
pub async fn show_flag(
    State(context): State<ApiContext>,
    Path((environment, key)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let environment = context.environment(&environment)?;
    let status = environment.status();
    let flag = find_flag(&status.revision.snapshot.ruleset, &key).map_err(ChangeError::from)?;
    let shown = flag_json(flag, &status);
    let version = FlagVersion::of(&status.revision, &status.state.flag(&key), &key);
    Ok(match version {
        Some(version) => with_version(&shown, ResponseVersion::Flag(version)),
        None => json_response(&shown),
    })
}

/// A response with the version for its tag.
fn with_version(value: &Value, version: ResponseVersion) -> Response {
    let mut response = json_response(value);
    response.extensions_mut().insert(version);
    response
}
