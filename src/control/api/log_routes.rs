//! Routes of the event log: filtered pages, and the raw lines from which a client verifies the chain.

use axum::body::Body;
use axum::extract::Path;
use axum::extract::RawQuery;
use axum::extract::State;
use axum::response::Response;
use http::HeaderValue;
use http::header;
use serde_json::Value;
use serde_json::json;

use crate::control::api::ApiContext;
use crate::control::api::problem::Problem;
use crate::control::api::problem::json_response;
use crate::control::api::query::QueryParameters;
use crate::control::store::EventPage;
use crate::control::store::EventQuery;
use crate::control::store::StoreError;
use crate::event_log::LogEventKind;
use crate::event_log::SealedEvent;

/// The parameters of a filtered page.
const FILTERS: [&str; 8] = [
    "flag", "actor", "kind", "from", "until", "before", "limit", "after",
];
/// The events of a page, if no limit is given.
const DEFAULT_LIMIT: usize = 50;
/// The lines of a raw page.
const RAW_PAGE: usize = 1000;

/// `GET …/log`: the newest events first; with `after`, the oldest first.
pub async fn list(
    State(context): State<ApiContext>,
    Path(environment): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = QueryParameters::parse(query.as_deref(), &FILTERS)?;
    let environment = context.environment(&environment)?.name.clone();
    let limit = query.number("limit")?;
    let limit = limit.map_or(DEFAULT_LIMIT, |limit| usize::try_from(limit).unwrap_or(0));
    let after_seq = query.number("after")?;
    let filter = EventQuery {
        flag: query.text("flag").map(ToOwned::to_owned),
        actor: query.text("actor").map(ToOwned::to_owned),
        kind: query.text("kind").map(LogEventKind::parse),
        from_ms: query.number("from")?,
        until_ms: query.number("until")?,
        after_seq,
        before_seq: query.number("before")?,
        limit,
        newest_first: after_seq.is_none(),
    };
    let reader = context.reader.clone();
    let page = blocking(move || reader.events(&environment, &filter)).await?;
    Ok(json_response(&page_json(&page, after_seq.is_none())))
}

fn page_json(page: &EventPage, newest_first: bool) -> Value {
    let events: Vec<Value> = page.events.iter().map(event_json).collect();
    let last = page.events.last().map(|event| event.event().seq);
    let cursor = if newest_first { "before" } else { "after" };
    let next = last
        .filter(|_| page.has_more)
        .map(|seq| json!({ cursor: seq }));
    json!({ "events": events, "next": next })
}

fn event_json(sealed: &SealedEvent) -> Value {
    let event = sealed.event();
    json!({
        "seq": event.seq,
        "atMs": event.at_ms,
        "actor": { "kind": event.actor.kind.name(), "name": event.actor.name },
        "kind": event.kind.name(),
        "flag": event.flag,
        "reason": event.reason,
        "change": event.change,
        "contentHash": event.document.to_string(),
        "hash": sealed.hash().to_string(),
    })
}

/// `GET …/log/raw`: the canonical bytes of events after a number, one line each.
pub async fn raw(
    State(context): State<ApiContext>,
    Path(environment): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = QueryParameters::parse(query.as_deref(), &["after"])?;
    let environment = context.environment(&environment)?.name.clone();
    let after = query.number("after")?.unwrap_or(0);
    let reader = context.reader.clone();
    let events = blocking(move || reader.raw_events(&environment, after, RAW_PAGE)).await?;
    let mut lines = Vec::new();
    for event in events {
        lines.extend_from_slice(&event);
        lines.push(b'\n');
    }
    let mut response = Response::new(Body::from(lines));
    let media_type = HeaderValue::from_static("application/x-ndjson");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    Ok(response)
}

/// Reads the store on a blocking thread.
pub async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(read).await;
    let done = done.map_err(|_| {
        let status = http::StatusCode::INTERNAL_SERVER_ERROR;
        Problem::new(status, "internal", "reading the store failed: see the log")
    })?;
    Ok(done?)
}
