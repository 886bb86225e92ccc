//! `Feed`: the latest changes of an environment, each encoded once, and the receipts of its replicas.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::SystemTime;

use bytes::Bytes;
use serde_json::json;
use tokio::sync::watch;

use crate::control::environment::Environment;
use crate::control::events::flag_change::EventId;
use crate::control::events::flag_change::FlagChange;
use crate::control::events::flag_change::event_frame;
use crate::control::store::At;
use crate::control::store::StoreReader;
use crate::serve::shutdown_watch;

/// The changes that are kept. A client that was away for longer gets its change from the store.
const KEPT: usize = 64;
/// The least time between two events of receipts.
const RECEIPT_INTERVAL: Duration = Duration::from_millis(100);
/// The most names of laggards in an event.
const MAX_LAGGARDS: usize = 20;

/// The latest changes of an environment.
pub struct Feed {
    /// The environment.
    pub environment: Arc<Environment>,
    reader: Arc<dyn StoreReader>,
    recent: Mutex<VecDeque<Arc<FlagChange>>>,
    /// The newest revision whose change is encoded.
    pub(super) newest: watch::Sender<EventId>,
    /// The newest event of receipts.
    pub(super) receipts: watch::Sender<Bytes>,
}

impl Feed {
    /// A feed that begins with the published revision.
    pub fn new(environment: Arc<Environment>, reader: Arc<dyn StoreReader>) -> Feed {
        Feed {
            newest: watch::Sender::new(EventId::of(&environment.revision())),
            receipts: watch::Sender::default(),
            recent: Mutex::default(),
            environment,
            reader,
        }
    }

    /// Encodes changes and receipts until the shutdown.
    pub async fn run(self: Arc<Feed>, mut shutdown: watch::Receiver<bool>) {
        tokio::select! {
            () = self.follow_revisions() => {}
            () = self.follow_receipts() => {}
            () = shutdown_watch::requested(&mut shutdown) => {}
        }
    }

    async fn follow_revisions(&self) {
        let mut revisions = self.environment.subscribe();
        let mut before = revisions.borrow_and_update().clone();
        while revisions.changed().await.is_ok() {
            let newest = revisions.borrow_and_update().clone();
            let change = FlagChange::between(before.number, &before.definitions, &newest);
            let mut recent = self.lock();
            if recent.len() >= KEPT {
                recent.pop_front();
            }
            recent.push_back(Arc::new(change));
            drop(recent);
            self.newest.send_replace(EventId::of(&newest));
            before = newest;
        }
    }

    async fn follow_receipts(&self) {
        let mut changes = self.environment.replicas.changes();
        let mut revisions = self.environment.subscribe();
        loop {
            let frame = self.receipt_frame();
            self.receipts.send_if_modified(|last| {
                let is_new = *last != frame;
                *last = frame;
                is_new
            });
            let changed = tokio::select! {
                changed = changes.changed() => changed,
                changed = revisions.changed() => changed,
            };
            if changed.is_err() {
                return;
            }
            tokio::time::sleep(RECEIPT_INTERVAL).await;
        }
    }

    /// The event that says how many replicas have applied the newest revision.
    fn receipt_frame(&self) -> Bytes {
        let revision = self.environment.revision();
        let replicas = &self.environment.replicas;
        let progress = replicas.progress(&revision.id(), SystemTime::now());
        let laggards = progress.laggards.iter().take(MAX_LAGGARDS);
        let laggards: Vec<&str> = laggards.map(|laggard| laggard.name.as_str()).collect();
        let data = json!({
            "revision": revision.number,
            "applied": progress.applied,
            "expected": progress.expected,
            "laggards": laggards,
        });
        // Without an id: a client that reconnects asks for changes since the last one.
        event_frame(None, "receipt", &data.to_string())
    }

    /// The changes after a revision that was seen. Blocks if they are no longer kept.
    pub(super) fn changes_after(&self, seen: Option<EventId>) -> Vec<Arc<FlagChange>> {
        let newest = self.environment.revision();
        let seen = match seen {
            Some(seen) if seen == EventId::of(&newest) => return Vec::new(),
            Some(seen) => seen,
            None => return vec![Arc::new(FlagChange::from_unknown(&newest))],
        };
        let kept = self.kept_after(seen);
        if !kept.is_empty() {
            return kept;
        }
        let is_comparable = seen.epoch == newest.epoch && seen.revision < newest.number;
        let stored = is_comparable.then(|| {
            let at = At::Revision(seen.revision);
            self.reader.document_at(&self.environment.name, at)
        });
        vec![Arc::new(match stored {
            Some(Ok(Some(stored))) => {
                FlagChange::between(seen.revision, &stored.definitions, &newest)
            }
            // Of a restored store, not recorded, or the store cannot be read.
            _ => FlagChange::from_unknown(&newest),
        })]
    }

    /// The kept changes after a revision, if none of them is missing.
    fn kept_after(&self, seen: EventId) -> Vec<Arc<FlagChange>> {
        let recent = self.lock();
        let is_start = |change: &Arc<FlagChange>| {
            change.previous == seen.revision && change.revision.epoch == seen.epoch
        };
        let start = recent.iter().position(is_start);
        start.map_or_else(Vec::new, |start| {
            recent.iter().skip(start).cloned().collect()
        })
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<FlagChange>>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
