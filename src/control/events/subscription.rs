//! `Subscription`: what a client has not seen yet of a feed, in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use crate::control::events::feed::Feed;
use crate::control::events::flag_change::EventId;
use crate::control::events::flag_change::FlagChange;

/// The time without an event after which a comment keeps the connection alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The next item of a subscription.
#[derive(Debug)]
pub enum FeedItem {
    /// Flags have changed.
    Change(Arc<FlagChange>),
    /// Replicas have applied a revision: the encoded event.
    Receipt(Bytes),
    /// Nothing happened for a while.
    Heartbeat,
}

/// What a client has not seen yet of a feed.
pub struct Subscription {
    feed: Arc<Feed>,
    seen: Option<EventId>,
    ready: VecDeque<Arc<FlagChange>>,
    newest: watch::Receiver<EventId>,
    receipts: watch::Receiver<Bytes>,
}

impl Subscription {
    /// A subscription that begins after a revision; without one, with the next change.
    pub fn new(feed: Arc<Feed>, last_event_id: Option<&str>) -> Subscription {
        let current = EventId::of(&feed.environment.revision());
        let mut receipts = feed.receipts.subscribe();
        // The state at the beginning is the first receipt.
        receipts.mark_changed();
        let mut newest = feed.newest.subscribe();
        newest.mark_changed();
        Subscription {
            // An id that is no id of this control plane: anything may have changed.
            seen: last_event_id.map_or(Some(current), EventId::parse),
            ready: VecDeque::new(),
            newest,
            receipts,
            feed,
        }
    }

    /// The last revision that was seen; `None` if it is unknown.
    pub fn seen(&self) -> Option<EventId> {
        self.seen
    }

    /// Waits for the next item. `None` if the environment has ended.
    pub async fn next(&mut self) -> Option<FeedItem> {
        loop {
            if let Some(change) = self.ready.pop_front() {
                self.seen = Some(EventId::of(&change.revision));
                return Some(FeedItem::Change(change));
            }
            tokio::select! {
                biased;
                changed = self.newest.changed() => {
                    changed.ok()?;
                    self.ready = self.catch_up().await;
                }
                changed = self.receipts.changed() => {
                    changed.ok()?;
                    let frame = self.receipts.borrow_and_update().clone();
                    if !frame.is_empty() {
                        return Some(FeedItem::Receipt(frame));
                    }
                }
                () = tokio::time::sleep(HEARTBEAT) => return Some(FeedItem::Heartbeat),
            }
        }
    }

    /// The changes after the last one that was seen. The store is read on a blocking thread.
    async fn catch_up(&self) -> VecDeque<Arc<FlagChange>> {
        let (feed, seen) = (self.feed.clone(), self.seen);
        let changes = tokio::task::spawn_blocking(move || feed.changes_after(seen)).await;
        changes.unwrap_or_default().into()
    }
}
