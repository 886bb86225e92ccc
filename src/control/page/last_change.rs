//! The last change of each flag: from its own events, or from the edits of flag files that name it.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use crate::control::environment::Environment;
use crate::control::page::context::PageContext;
use crate::control::page::html::response::PageError;
use crate::control::store::EventQuery;
use crate::control::store::StoreError;
use crate::control::store::StoreReader;
use crate::event_log::LogEvent;
use crate::event_log::LogEventKind;
use crate::wire::fleet::revision_id::RevisionId;

/// The edits of files that are searched for a key.
const EDITS: usize = 50;
/// How long a page waits for the store.
const READ_WAIT: Duration = Duration::from_secs(2);

/// Returns the last event that concerns each of the keys, as far as it is known.
pub fn last_changes(
    reader: &dyn StoreReader,
    environment: &str,
    keys: &[Arc<str>],
) -> Result<Vec<Option<LogEvent>>, StoreError> {
    let edits = edits(reader, environment)?;
    let last = |key: &Arc<str>| {
        let query = EventQuery {
            flag: Some(key.to_string()),
            limit: 1,
            newest_first: true,
            ..EventQuery::default()
        };
        let page = reader.events(environment, &query)?;
        let own = page.events.first().map(|sealed| sealed.event().clone());
        let edit = edits.iter().find(|edit| concerns(edit, key)).cloned();
        Ok(own.into_iter().chain(edit).max_by_key(|event| event.seq))
    };
    keys.iter().map(last).collect()
}

/// The newest events of a flag, and the edits of files that concern it, the newest first.
pub fn timeline(
    reader: &dyn StoreReader,
    environment: &str,
    key: &str,
    limit: usize,
) -> Result<Vec<LogEvent>, StoreError> {
    let query = EventQuery {
        flag: Some(key.to_owned()),
        limit,
        newest_first: true,
        ..EventQuery::default()
    };
    let own = reader.events(environment, &query)?.events;
    let own = own.iter().map(|sealed| sealed.event().clone());
    let edits = edits(reader, environment)?;
    let edits = edits.into_iter().filter(|edit| concerns(edit, key));
    let mut events: Vec<LogEvent> = own.chain(edits).collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.seq));
    events.truncate(limit);
    Ok(events)
}

/// The newest edits of files, and the first read of them.
fn edits(reader: &dyn StoreReader, environment: &str) -> Result<Vec<LogEvent>, StoreError> {
    let mut edits = Vec::new();
    for kind in [LogEventKind::FilesChanged, LogEventKind::EnvironmentCreated] {
        let query = EventQuery {
            kind: Some(kind),
            limit: EDITS,
            newest_first: true,
            ..EventQuery::default()
        };
        let page = reader.events(environment, &query)?;
        edits.extend(page.events.iter().map(|sealed| sealed.event().clone()));
    }
    Ok(edits)
}

/// Returns true if an edit names the key. The first read of the files concerns every flag.
fn concerns(edit: &LogEvent, key: &str) -> bool {
    let names = |part: &str| {
        let keys = edit.change.get(part).and_then(|part| part.get("keys"));
        let mut keys = keys.and_then(Value::as_array).into_iter().flatten();
        keys.any(|named| named == key)
    };
    edit.kind == LogEventKind::EnvironmentCreated
        || ["added", "changed", "removed"].into_iter().any(names)
}

/// The identity of the revision that an event made, by which receipts are counted.
pub fn revision_of(event: &LogEvent, environment: &Environment) -> RevisionId {
    let published = environment.revision().id();
    match event.seq {
        seq if seq >= published.number => published,
        seq => RevisionId {
            epoch: published.epoch,
            number: seq,
            content_hash: event.document,
        },
    }
}

/// Reads the store on a blocking thread. A disk that hangs must not keep anybody from the kill, so the wait is limited.
///
/// # Errors
/// If the store cannot be read, or not in time.
pub async fn read<T: Send + 'static>(
    context: &PageContext,
    read: impl FnOnce(&dyn StoreReader) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, PageError> {
    let reader = context.api.reader.clone();
    let work = tokio::task::spawn_blocking(move || read(&*reader));
    let done = tokio::time::timeout(READ_WAIT, work).await;
    let failed = |why: String| {
        let text = format!("The log cannot be read: {why}. Killing still works.");
        PageError::new(StatusCode::SERVICE_UNAVAILABLE, text)
    };
    let done = done.map_err(|_| failed("the store does not answer".to_owned()))?;
    let result = done.map_err(|_| failed("see the log of the process".to_owned()))?;
    result.map_err(|error| failed(error.to_string()))
}
