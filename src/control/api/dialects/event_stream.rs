//! Server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>): changes of flags since a
//! revision, whose number is the id of events.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use tokio::sync::mpsc;

use crate::control::api::dialects::call::Call;
use crate::control::api::problem::Problem;
use crate::control::environment::startup::compile_definitions;
use crate::control::revision::Definitions;
use crate::control::revision::Revision;
use crate::control::store::At;
use crate::serve::http::body::BoxedFrame;
use crate::serve::http::body::data_frame;
use crate::snapshot::Snapshot;

/// The time between two comments, which keep proxies from closing an idle connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The frames that wait for a slow client; beyond that it skips to the newest revision.
const QUEUED_FRAMES: usize = 4;
/// The first bytes: the time until a client reconnects.
const RETRY: &str = "retry: 1000\n";
/// The header of a client that reconnects.
const LAST_EVENT_ID: &str = "last-event-id";

/// One event.
#[derive(Debug)]
pub struct StreamEvent {
    /// The name.
    pub name: &'static str,
    /// The data; may have several lines.
    pub data: String,
}

/// The flags of one revision, as a client has seen them.
pub struct SeenFlags {
    /// The number of the revision.
    pub number: u64,
    /// The definitions.
    pub definitions: Arc<Definitions>,
    /// The flags.
    pub snapshot: Arc<Snapshot>,
}

impl From<&Arc<Revision>> for SeenFlags {
    fn from(revision: &Arc<Revision>) -> SeenFlags {
        SeenFlags {
            number: revision.number,
            definitions: revision.definitions.clone(),
            snapshot: revision.snapshot.clone(),
        }
    }
}

impl SeenFlags {
    /// The keys of flags that differ, in order.
    pub fn changed_keys(&self, now: &SeenFlags) -> BTreeSet<Arc<str>> {
        let keys = self.definitions.keys().chain(now.definitions.keys());
        let differs = |key: &&Arc<str>| self.definitions.get(*key) != now.definitions.get(*key);
        keys.filter(differs).cloned().collect()
    }
}

/// A response that streams the events that `describe` makes of two revisions, until the client leaves or the process
/// ends. Without `Last-Event-ID`, it begins with the present revision.
///
/// # Errors
/// If too many streams are open.
pub async fn response(
    call: Call,
    mut describe: impl FnMut(&Call, &SeenFlags, &SeenFlags) -> Vec<StreamEvent> + Send + 'static,
) -> Result<Response, Problem> {
    let mut revisions = call.environment.subscribe();
    let mut seen = match last_event_id(&call) {
        Some(number) => seen_at(&call, number).await,
        None => SeenFlags::from(&*revisions.borrow_and_update()),
    };
    revisions.mark_changed();
    let (sender, receiver) = mpsc::channel(QUEUED_FRAMES);
    let streams = call.context.events.clone();
    streams.run(receiver, async move {
        let begin = format!("{RETRY}id: {}\n\n", seen.number);
        let mut alive = sender.send(data_frame(begin)).await.is_ok();
        while alive {
            alive = tokio::select! {
                changed = revisions.changed() => {
                    let now = SeenFlags::from(&*revisions.borrow_and_update());
                    let events = describe(&call, &seen, &now);
                    seen = now;
                    changed.is_ok() && send(&sender, &events, seen.number).await
                }
                () = tokio::time::sleep(HEARTBEAT) => {
                    sender.send(data_frame(": keep-alive\n\n")).await.is_ok()
                }
                () = sender.closed() => false,
            };
        }
    })
}

fn last_event_id(call: &Call) -> Option<u64> {
    call.header(LAST_EVENT_ID)?.parse().ok()
}

/// The flags at a revision; none if it is unknown, so that a client gets all flags again.
async fn seen_at(call: &Call, number: u64) -> SeenFlags {
    let (reader, name) = (call.context.reader.clone(), call.environment.name.clone());
    let read = tokio::task::spawn_blocking(move || {
        let stored = reader.document_at(&name, At::Revision(number)).ok()??;
        let snapshot = compile_definitions(&stored.definitions).ok()?;
        Some(SeenFlags {
            number,
            definitions: Arc::new(stored.definitions),
            snapshot: Arc::new(snapshot),
        })
    });
    read.await.ok().flatten().unwrap_or_else(|| SeenFlags {
        number: 0,
        definitions: Arc::default(),
        snapshot: Arc::default(),
    })
}

/// Sends the events of a revision. The last one has the id: a client that gets only some of them gets all again.
async fn send(sender: &mpsc::Sender<BoxedFrame>, events: &[StreamEvent], number: u64) -> bool {
    let text = write_events(events, number);
    text.is_empty() || sender.send(data_frame(text)).await.is_ok()
}

fn write_events(events: &[StreamEvent], number: u64) -> String {
    let mut text = String::new();
    for (index, event) in events.iter().enumerate() {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "event: {}", event.name);
        if index + 1 == events.len() {
            let _ = writeln!(text, "id: {number}");
        }
        for line in event.data.split(['\n', '\r']) {
            let _ = writeln!(text, "data: {line}");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_event_of_a_revision_has_the_id() {
        let event = |data: &str| StreamEvent {
            name: "flag-updated",
            data: data.to_owned(),
        };
        let text = write_events(&[event("{}"), event("{\n}")], 7);
        let want =
            "event: flag-updated\ndata: {}\n\nevent: flag-updated\nid: 7\ndata: {\ndata: }\n\n";
        assert_eq!(text, want);
        assert_eq!(write_events(&[], 7), "");
    }
}
