//! Routes of the event log: filtered pages, and the raw lines from which a client verifies the chain.

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
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
use crate::control::api::request::page;
use crate::control::api::request::page::PageRequest;
use crate::control::store::EventPage;
use crate::control::store::EventQuery;
use crate::control::store::StoreError;
use crate::event_log::LogEventKind;
use crate::event_log::SealedEvent;

/// The events of a page, if no limit is given.
const DEFAULT_LIMIT: usize = 50;
/// In cursors: events before a number, the newest first.
const BEFORE: char = 'b';
/// In cursors: events after a number, the oldest first.
const AFTER: char = 'a';
/// The lines of a raw page.
const RAW_PAGE: usize = 1000;

/// `GET …/log`: the newest events first; with `after`, the oldest first.
pub async fn list(
    State(context): State<ApiContext>,
    Path(environment): Path<String>,
    Extension(query): Extension<QueryParameters>,
) -> Result<Response, Problem> {
    let environment = context.environment(&environment)?.name.clone();
    let page = PageRequest::parse(&query, DEFAULT_LIMIT)?;
    let cursor = page.after.as_deref().map(parse_cursor).transpose()?;
    let after_seq = match cursor {
        Some((AFTER, seq)) => Some(seq),
        Some(_) => None,
        None => query.number("after")?,
    };
    let before_seq = match cursor {
        Some((BEFORE, seq)) => Some(seq),
        _ => query.number("before")?,
    };
    let limit = page.limit;
    let filter = EventQuery {
        flag: query.text("flag").map(ToOwned::to_owned),
        actor: query.text("actor").map(ToOwned::to_owned),
        kind: query.text("kind").map(LogEventKind::parse),
        from_ms: query.number("from")?,
        until_ms: query.number("until")?,
        after_seq,
        before_seq,
        limit,
        newest_first: after_seq.is_none(),
    };
    let reader = context.reader.clone();
    let page = blocking(move || reader.events(&environment, &filter)).await?;
    Ok(json_response(&page_json(&page, after_seq.is_none())))
}

/// The direction and the number in a cursor.
fn parse_cursor(cursor: &str) -> Result<(char, u64), Problem> {
    let mut letters = cursor.chars();
    let direction = letters
        .next()
        .filter(|letter| matches!(*letter, BEFORE | AFTER));
    let seq = letters.as_str().parse().ok();
    direction
        .zip(seq)
        .ok_or_else(|| Problem::bad_request("`cursor` is not one of the log: take it from `next`"))
}

fn page_json(page: &EventPage, newest_first: bool) -> Value {
    let events: Vec<Value> = page.events.iter().map(event_json).collect();
    let last = page.events.last().map(|event| event.event().seq);
    let direction = if newest_first { BEFORE } else { AFTER };
    let next = last
        .filter(|_| page.has_more)
        .map(|seq| page::encode(&format!("{direction}{seq}")));
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
    Extension(query): Extension<QueryParameters>,
) -> Result<Response, Problem> {
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
