//! `GET /api/flags/stream` and `GET /api/v1/flags/stream`: results of a user, and documents, as they change.

use std::collections::BTreeMap;

use axum::response::Response;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::control::access::Verb;
use crate::control::api::dialects::call::Call;
use crate::control::api::dialects::evaluation;
use crate::control::api::dialects::event_stream;
use crate::control::api::dialects::event_stream::SeenFlags;
use crate::control::api::dialects::event_stream::StreamEvent;
use crate::control::api::dialects::service_routes;
use crate::control::api::dialects::shown_flag::FormatFamily;
use crate::control::api::dialects::shown_flag::ServiceFlag;
use crate::control::api::problem::Problem;
use crate::control::dialect::flag_service::FlagResult;
use crate::control::environment::EnvironmentStatus;

/// `GET /api/flags/stream`: `flag-update` when the result of the user of the parameters changes.
pub async fn results(call: Call) -> Result<Response, Problem> {
    let context = service_routes::query_context(&call)?;
    let describe = move |call: &Call, seen: &SeenFlags, now: &SeenFlags| {
        let changed = seen.changed_keys(now).into_iter();
        let readable = changed.filter(|key| call.require(Verb::Read, key).is_ok());
        readable
            .filter_map(|key| {
                let after = result(now, &key, &context);
                let is_known = seen.definitions.contains_key(&key);
                let is_same = is_known && result(seen, &key, &context) == after;
                let data = json!({ "key": &*key, "result": after.to_json() }).to_string();
                let name = "flag-update";
                (!is_same).then_some(StreamEvent { name, data })
            })
            .collect()
    };
    event_stream::response(call, describe).await
}

fn result(flags: &SeenFlags, key: &str, context: &Map<String, Value>) -> FlagResult {
    match flags.snapshot.ruleset.flag(key) {
        Some(flag) => evaluation::flag_result(&flags.snapshot, flag, context),
        None => FlagResult::OFF,
    }
}

/// `GET /api/v1/flags/stream`: `flag-updated` with the new document, `flag-deleted` with the key.
pub async fn definitions(call: Call) -> Result<Response, Problem> {
    call.parameters(&[])?;
    let mut versions = versions(&call.environment.status());
    let describe = move |call: &Call, seen: &SeenFlags, now: &SeenFlags| {
        let status = call.environment.status();
        let mut keys = seen.changed_keys(now);
        let after = self::versions(&status);
        // A change may be one of the document only.
        let touched = after
            .iter()
            .filter(|(key, version)| versions.get(*key) != Some(version));
        keys.extend(touched.map(|(key, _)| key.as_str().into()));
        versions = after;
        let readable = keys.into_iter();
        let readable = readable.filter(|key| call.require(Verb::Read, key).is_ok());
        readable.map(|key| event(call, &status, &key)).collect()
    };
    event_stream::response(call, describe).await
}

fn versions(status: &EnvironmentStatus) -> BTreeMap<String, u64> {
    let versions = status.state.versions.iter();
    versions
        .map(|(key, version)| (key.clone(), version.number))
        .collect()
}

fn event(call: &Call, status: &EnvironmentStatus, key: &str) -> StreamEvent {
    let environment = &call.environment.name;
    match ServiceFlag::find(status, environment, key, FormatFamily::Definition) {
        Ok(shown) => StreamEvent {
            name: "flag-updated",
            data: shown.text,
        },
        Err(_) => StreamEvent {
            name: "flag-deleted",
            data: json!({ "key": key }).to_string(),
        },
    }
}
