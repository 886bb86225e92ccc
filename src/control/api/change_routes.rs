//! Routes that change something: one for each command.

use axum::Extension;
use axum::extract::Path;
use axum::extract::RawQuery;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use http::header;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::json;

use crate::control::api::ApiContext;
use crate::control::api::problem::Problem;
use crate::control::api::problem::json_response;
use crate::control::api::query::QueryParameters;
use crate::control::environment::ChangeRequest;
use crate::control::environment::Changed;
use crate::control::environment::now_ms;
use crate::control::model::command::Command;
use crate::control::model::flag_state::RolloutOverride;
use crate::control::store::DefinitionsDelta;
use crate::event_log::Actor;

/// The most changed definitions in a response.
const MAX_CHANGES: usize = 100;
/// The longest reason, in bytes.
const MAX_REASON: usize = 1000;

/// The body of a change that has no members but the reason.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReasonBody {
    reason: Option<String>,
}

/// The body of `set`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SetBody {
    rollout: Option<usize>,
    reset: bool,
    percentage: Option<f64>,
    rings: Option<Vec<String>>,
    allow: Option<Vec<String>>,
    deny: Option<Vec<String>>,
    reason: Option<String>,
}

/// The parts of a request that every change has.
struct ChangeCall {
    actor: Actor,
    query: Option<String>,
    headers: HeaderMap,
}

/// `POST …/flags/{key}/set`
pub async fn set(
    State(context): State<ApiContext>,
    Path((environment, key)): Path<(String, String)>,
    Extension(actor): Extension<Actor>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let body: SetBody = parse_body(&body)?;
    let fields = RolloutOverride {
        percentage: body.percentage,
        rings: body.rings,
        allow: body.allow,
        deny: body.deny,
        ..RolloutOverride::default()
    };
    if fields.is_empty() && !body.reset {
        return Err(Problem::bad_request(
            "nothing to set: write `percentage`, `rings`, `allow`, `deny` or `reset`",
        ));
    }
    let command = Command::Set {
        key,
        rollout: body.rollout,
        reset: body.reset,
        fields,
    };
    let call = ChangeCall {
        actor,
        query,
        headers,
    };
    change(&context, &environment, command, body.reason, call).await
}

/// `PUT …/flags/{key}`: the body is the definition of a flag that the store owns, in the format of flag files.
pub async fn define(
    State(context): State<ApiContext>,
    Path((environment, key)): Path<(String, String)>,
    Extension(actor): Extension<Actor>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let definition: Value = parse_body(&body)?;
    if !definition.is_object() {
        return Err(Problem::bad_request(
            "the body must be an object with `state`, `variants` and `defaultVariant`",
        ));
    }
    let command = Command::Define { key, definition };
    let call = ChangeCall {
        actor,
        query,
        headers,
    };
    change(&context, &environment, command, None, call).await
}

/// Defines the route of a command about one flag.
macro_rules! flag_route {
    ($(#[$doc:meta])* $name:ident, $command:path) => {
        $(#[$doc])*
        pub async fn $name(
            State(context): State<ApiContext>,
            Path((environment, key)): Path<(String, String)>,
            Extension(actor): Extension<Actor>,
            RawQuery(query): RawQuery,
            headers: HeaderMap,
            body: Bytes,
        ) -> Result<Response, Problem> {
            let body: ReasonBody = parse_body(&body)?;
            let call = ChangeCall { actor, query, headers };
            change(&context, &environment, $command(key), body.reason, call).await
        }
    };
}

flag_route!(
    /// `DELETE …/flags/{key}`
    delete,
    Command::Delete
);
flag_route!(
    /// `POST …/flags/{key}/kill`
    kill,
    Command::Kill
);
flag_route!(
    /// `POST …/flags/{key}/restore`
    restore,
    Command::Restore
);
flag_route!(
    /// `POST …/flags/{key}/pause`
    pause,
    Command::Pause
);
flag_route!(
    /// `POST …/flags/{key}/resume`
    resume,
    Command::Resume
);

/// Defines the route of a command about an environment.
macro_rules! environment_route {
    ($(#[$doc:meta])* $name:ident, $command:path) => {
        $(#[$doc])*
        pub async fn $name(
            State(context): State<ApiContext>,
            Path(environment): Path<String>,
            Extension(actor): Extension<Actor>,
            RawQuery(query): RawQuery,
            headers: HeaderMap,
            body: Bytes,
        ) -> Result<Response, Problem> {
            let body: ReasonBody = parse_body(&body)?;
            let call = ChangeCall { actor, query, headers };
            change(&context, &environment, $command, body.reason, call).await
        }
    };
}

environment_route!(
    /// `POST …/freeze`
    freeze,
    Command::Freeze
);
environment_route!(
    /// `POST …/unfreeze`
    unfreeze,
    Command::Unfreeze
);
environment_route!(
    /// `POST …/sync`
    force_sync,
    Command::ForceSync
);

/// Parses a body as JSON; the content type is ignored. An empty body has no members.
fn parse_body<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, Problem> {
    if body.trim_ascii().is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("the body is invalid: {error}")))
}

async fn change(
    context: &ApiContext,
    environment: &str,
    command: Command,
    reason: Option<String>,
    call: ChangeCall,
) -> Result<Response, Problem> {
    let query = QueryParameters::parse(call.query.as_deref(), &["dryRun"])?;
    let environment = context.environment(environment)?;
    let reason = reason.or_else(|| header_text(&call.headers, "x-reason"));
    if let Some(reason) = reason.as_ref().filter(|reason| reason.len() > MAX_REASON) {
        return Err(Problem::bad_request(format!(
            "`reason` has {} bytes; at most {MAX_REASON} are allowed",
            reason.len()
        )));
    }
    let request = ChangeRequest {
        command,
        actor: call.actor,
        reason: reason.filter(|reason| !reason.trim().is_empty()),
        at_ms: now_ms(),
        expected_revision: expected_revision(&call.headers)?,
        dry_run: query.flag("dryRun")?,
    };
    let dry_run = request.dry_run;
    let changed = environment.change(request).await?;
    Ok(json_response(&change_json(&changed, dry_run)))
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The revision in `If-Match`, which the environment must have.
fn expected_revision(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(text) = header_text(headers, header::IF_MATCH.as_str()) else {
        return Ok(None);
    };
    let number = text.trim().trim_matches('"');
    if number == "*" {
        return Ok(None);
    }
    number.parse().map(Some).map_err(|_| {
        Problem::bad_request(format!(
            "`If-Match` is {text}: write the revision in quotes"
        ))
    })
}

fn change_json(changed: &Changed, dry_run: bool) -> Value {
    let (before, after) = (&changed.before, &changed.after);
    let delta = DefinitionsDelta::between(&before.definitions, &after.definitions);
    let keys = delta.changed.keys().chain(&delta.removed);
    let changes: Vec<Value> = keys
        .take(MAX_CHANGES)
        .map(|key| {
            json!({
                "key": &**key,
                "before": definition(before.definitions.get(key)),
                "after": definition(after.definitions.get(key)),
            })
        })
        .collect();
    json!({
        "revision": after.number,
        "contentHash": after.content_hash.to_string(),
        "changed": before.number != after.number,
        "dryRun": dry_run,
        "journalled": changed.journalled,
        "changes": changes,
        "findings": changed.findings,
    })
}

/// The JSON of a definition.
fn definition(text: Option<&std::sync::Arc<str>>) -> Value {
    let value = text.and_then(|text| serde_json::from_str(text).ok());
    value.unwrap_or(Value::Null)
}
