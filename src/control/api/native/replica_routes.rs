//! Routes of replicas: their names, the revisions that they have applied, and the progress of a revision.

use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use axum::Extension;
use axum::extract::Path;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use serde_json::json;

use crate::control::api::ApiContext;
use crate::control::api::problem::Problem;
use crate::control::api::problem::json_response;
use crate::control::api::query::QueryParameters;
use crate::control::api::request::page::MAX_LIMIT;
use crate::control::api::request::page::PageRequest;
use crate::control::fleet::progress::Laggard;
use crate::control::fleet::progress::LaggardState;
use crate::control::fleet::progress::Progress;
use crate::control::fleet::replica_registry::Replica;
use crate::control::fleet::replica_registry::ReplicaKind;
use crate::control::fleet::replica_registry::RevisionEvent;
use crate::control::revision::Revision;
use crate::wire::fleet::revision_id::RevisionId;

/// The longest wait for receipts.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// `GET …/replicas`: all replicas, and those that have not applied the published revision.
pub async fn list(
    State(context): State<ApiContext>,
    Path(environment): Path<String>,
    Extension(query): Extension<QueryParameters>,
) -> Result<Response, Problem> {
    let environment = context.environment(&environment)?;
    let page = PageRequest::parse(&query, MAX_LIMIT)?;
    let (revision, now) = (environment.revision(), SystemTime::now());
    let progress = environment.replicas.progress(&revision.id(), now);
    let mut replicas = environment.replicas.replicas();
    let key = |replica: &Replica| format!("{} {}", replica.identity.name, replica.identity.uid);
    replicas.sort_by_cached_key(|replica| key(replica));
    if let Some(after) = &page.after {
        replicas.retain(|replica| key(replica) > *after);
    }
    let next = page.cut(&mut replicas, |replica| key(replica));
    let replicas: Vec<Value> = replicas
        .iter()
        .map(|r| replica_json(r, &revision, now))
        .collect();
    let mut shown = progress_json(&progress);
    if let Some(members) = shown.as_object_mut() {
        members.insert("revision".to_owned(), json!(revision.number));
        members.insert("replicas".to_owned(), Value::Array(replicas));
        members.insert("next".to_owned(), json!(next));
    }
    Ok(json_response(&shown))
}

/// `GET …/progress`: how many replicas have applied a revision, or a newer one. With `waitMillis`, the response waits
/// until all have, or the time is over.
pub async fn progress(
    State(context): State<ApiContext>,
    Path(environment): Path<String>,
    Extension(query): Extension<QueryParameters>,
) -> Result<Response, Problem> {
    let environment = context.environment(&environment)?;
    let published = environment.revision();
    let number = query.number("revision")?.unwrap_or(published.number);
    if number > published.number {
        let newest = published.number;
        return Err(Problem::not_found(
            "unknown-revision",
            format!("there is no revision {number}; the newest is {newest}"),
        ));
    }
    let wanted = RevisionId {
        number,
        ..published.id()
    };
    let begun = Instant::now();
    let wait = Duration::from_millis(query.number("waitMillis")?.unwrap_or(0)).min(MAX_WAIT);
    let applied = environment.replicas.wait_applied(wanted, SystemTime::now);
    // Without receipts in time, the laggards are the answer.
    let _ = tokio::time::timeout(wait, applied).await;
    let progress = environment.replicas.progress(&wanted, SystemTime::now());
    let mut shown = progress_json(&progress);
    if let Some(members) = shown.as_object_mut() {
        members.insert("revision".to_owned(), json!(number));
        let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        members.insert("millis".to_owned(), json!(millis));
    }
    Ok(json_response(&shown))
}

fn progress_json(progress: &Progress) -> Value {
    json!({
        "expected": progress.expected,
        "applied": progress.applied,
        "laggards": progress.laggards.iter().map(laggard_json).collect::<Vec<Value>>(),
        "plain": { "connected": progress.plain.connected, "delivered": progress.plain.delivered },
    })
}

fn laggard_json(laggard: &Laggard) -> Value {
    let reason = match &laggard.state {
        LaggardState::Refused(reason) => Some(reason.as_str()),
        _ => None,
    };
    json!({
        "name": laggard.name,
        "uid": laggard.uid,
        "state": laggard.state.name(),
        "reason": reason,
        "revision": laggard.revision.map(|revision| revision.number),
        "ageSeconds": laggard.age.as_secs(),
    })
}

fn replica_json(replica: &Replica, published: &Revision, now: SystemTime) -> Value {
    let seconds_since = |at: SystemTime| now.duration_since(at).unwrap_or_default().as_secs_f64();
    let event = |event: &Option<RevisionEvent>| {
        event.map(|event| {
            json!({
                "revision": event.revision.number,
                "contentHash": event.revision.content_hash.to_string(),
                "secondsAgo": seconds_since(event.at),
            })
        })
    };
    let refused = replica.refusals.back();
    let identity = &replica.identity;
    json!({
        "name": identity.name,
        "uid": identity.uid,
        "labels": identity.labels,
        "version": identity.version,
        "kind": match replica.kind {
            ReplicaKind::Fanion => "fanion",
            ReplicaKind::Plain => "plain",
        },
        "connected": replica.connected_since.is_some(),
        "lastSeenSecondsAgo": seconds_since(replica.last_seen),
        "upToDate": replica.has_applied(&published.id()),
        "ahead": replica.is_ahead,
        "delivered": event(&replica.delivered),
        "received": event(&replica.received),
        "applied": event(&replica.applied),
        "refused": refused.map(|refused| {
            json!({ "revision": refused.revision.number, "reason": refused.reason })
        }),
    })
}
