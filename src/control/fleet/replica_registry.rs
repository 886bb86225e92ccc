//! `ReplicaRegistry`: the replicas of an environment, from their streams and receipts.
//!
//! It has no I/O and no clock; callers pass the time.

use std::fmt;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::SystemTime;

use tokio::sync::watch;

use crate::control::fleet::expectation::DEFAULT_EXPECT_WITHIN;
pub use crate::control::fleet::expectation::Expectation;
use crate::control::fleet::progress::Progress;
pub use crate::control::fleet::replica::RefusedRevision;
pub use crate::control::fleet::replica::Replica;
pub use crate::control::fleet::replica::ReplicaKind;
pub use crate::control::fleet::replica::RevisionEvent;
pub use crate::control::fleet::replica::StreamId;
use crate::control::fleet::replicas::Replicas;
use crate::wire::content_hash::ContentHash;
use crate::wire::fleet::receipt::Receipt;
use crate::wire::fleet::replica_identity::ReplicaIdentity;
use crate::wire::fleet::revision_id::RevisionId;

/// The most replicas of an environment. If there are more, the replica that disconnected first is forgotten; if all are
/// connected, further ones get flags but are not counted.
const REPLICAS: usize = 10_000;

/// The replicas of an environment.
pub struct ReplicaRegistry {
    replicas: Mutex<Replicas>,
    /// Changes with every event that may complete a wait.
    changes: watch::Sender<u64>,
    /// Changes when streams must look at their replica again.
    releases: watch::Sender<Releases>,
}

/// Counts of the orders to all streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Releases {
    /// How often held replicas were released.
    pub released: u64,
    /// How often all replicas had to be sent the whole document.
    pub forced: u64,
}

/// The decision whether a revision may be sent to a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendDecision {
    /// It may; the replica has the definitions with this hash, as far as known.
    Send(Option<ContentHash>),
    /// It may not: the replica is ahead of a restored store, or has refused the definitions.
    Hold,
}

impl fmt::Debug for ReplicaRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplicaRegistry")
            .field("replicas", &self.lock().by_uid.len())
            .finish_non_exhaustive()
    }
}

impl ReplicaRegistry {
    /// A registry without replicas.
    pub fn new(expectation: Expectation) -> ReplicaRegistry {
        ReplicaRegistry::with_limit(expectation, REPLICAS)
    }

    /// A registry that expects the replicas that were seen within the default time.
    pub fn with_defaults(now: SystemTime) -> ReplicaRegistry {
        ReplicaRegistry::new(Expectation {
            within: DEFAULT_EXPECT_WITHIN,
            listed: Vec::new(),
            since: now,
        })
    }

    /// A registry of at most `limit` replicas.
    fn with_limit(expectation: Expectation, limit: usize) -> ReplicaRegistry {
        ReplicaRegistry {
            replicas: Mutex::new(Replicas::new(expectation, limit)),
            changes: watch::Sender::new(0),
            releases: watch::Sender::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Replicas> {
        // A panic cannot leave the replicas inconsistent.
        self.replicas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the replicas, and wakes those that wait for changes.
    fn update<T>(&self, change: impl FnOnce(&mut Replicas) -> T) -> T {
        let result = change(&mut self.lock());
        self.changes.send_modify(|count| *count += 1);
        result
    }

    /// Records that a new revision is offered, and forgets replicas that are no longer expected.
    pub fn publish(&self, revision: RevisionId, now: SystemTime) {
        self.update(|replicas| replicas.publish(revision, now));
    }

    /// Records the revision that is offered when the first stream opens, unless one is recorded.
    pub fn publish_first(&self, revision: RevisionId, now: SystemTime) {
        if self.newest().is_none() {
            self.publish(revision, now);
        }
    }

    /// Records a new stream. `have` is the revision that the replica serves. `None` if there are too many replicas.
    pub fn connect(
        &self,
        identity: ReplicaIdentity,
        kind: ReplicaKind,
        have: Option<RevisionId>,
        now: SystemTime,
    ) -> Option<StreamId> {
        self.update(|replicas| replicas.connect(identity, kind, have, now))
    }

    /// Holds a replica whose revision the store does not know, until [`ReplicaRegistry::force_sync`] or
    /// [`ReplicaRegistry::release_held`].
    pub fn hold(&self, stream: &StreamId) {
        self.update(|replicas| replicas.hold(stream));
    }

    /// Records replicas of an earlier process of this control plane, as disconnected. Those that are known already stay.
    pub fn remember(&self, seen: Vec<(ReplicaIdentity, SystemTime)>) {
        self.update(|replicas| {
            for (identity, last_seen) in seen {
                replicas.remember(identity, last_seen);
            }
        });
    }

    /// Returns the sidecars that are expected because they are connected or were seen a short time ago.
    pub fn seen(&self, now: SystemTime) -> Vec<(ReplicaIdentity, SystemTime)> {
        let replicas = self.lock();
        let fanion = replicas.by_uid.values();
        fanion
            .filter(|replica| replica.kind == ReplicaKind::Fanion && !replica.has_left)
            .map(|replica| {
                let is_connected = replica.connected_since.is_some();
                let last_seen = if is_connected { now } else { replica.last_seen };
                (replica.identity.clone(), last_seen)
            })
            .collect()
    }

    /// Records the end of a stream.
    pub fn disconnect(&self, stream: &StreamId, now: SystemTime) {
        self.update(|replicas| replicas.disconnect(stream, now));
    }

    /// Decides whether definitions may be sent to a replica to which `last_sent` was sent before.
    pub fn decide(
        &self,
        stream: &StreamId,
        content_hash: ContentHash,
        last_sent: Option<ContentHash>,
    ) -> SendDecision {
        let replicas = self.lock();
        let Some(replica) = replicas.by_uid.get(&stream.uid) else {
            return SendDecision::Send(last_sent);
        };
        if replica.is_ahead || replica.refusal_of(content_hash).is_some() {
            return SendDecision::Hold;
        }
        match last_sent {
            Some(hash) if replica.refusal_of(hash).is_none() => SendDecision::Send(Some(hash)),
            _ => SendDecision::Send(replica.applied.map(|applied| applied.revision.content_hash)),
        }
    }

    /// Records that the frame of a revision was handed to the socket of a replica.
    pub fn record_delivered(&self, stream: &StreamId, revision: RevisionId, now: SystemTime) {
        self.update(|replicas| {
            if let Some(replica) = replicas.by_uid.get_mut(&stream.uid) {
                replica.delivered = Some(RevisionEvent { revision, at: now });
            }
        });
    }

    /// Records a receipt. A replica without a stream is not known, and its receipt is dropped.
    pub fn record_receipt(&self, receipt: Receipt, now: SystemTime) {
        self.update(|replicas| replicas.record_receipt(receipt, now));
    }

    /// The progress of a revision.
    pub fn progress(&self, revision: &RevisionId, now: SystemTime) -> Progress {
        let replicas = self.lock();
        let expectation = &replicas.expectation;
        expectation.progress(&replicas.by_uid, revision, now)
    }

    /// Waits until all expected replicas have applied a revision. The caller sets a time limit.
    pub async fn wait_applied(&self, revision: RevisionId, clock: impl Fn() -> SystemTime) {
        let mut changes = self.changes.subscribe();
        loop {
            changes.mark_unchanged();
            let is_applied = {
                let replicas = self.lock();
                let expectation = &replicas.expectation;
                expectation.is_met(&replicas.by_uid, &revision, clock())
            };
            if is_applied || changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Sends the whole document of the newest revision to all replicas, also to those with a newer one than a restored
    /// store has. Definitions that a replica has refused are still not sent to it.
    pub fn force_sync(&self) {
        self.release(|releases| releases.forced += 1);
    }

    /// Sends the newest revision to replicas with a newer one than a restored store has.
    pub fn release_held(&self) {
        self.release(|releases| releases.released += 1);
    }

    fn release(&self, order: impl FnOnce(&mut Releases)) {
        self.update(|replicas| {
            let all = replicas.by_uid.values_mut();
            all.for_each(|replica| replica.is_ahead = false);
        });
        self.releases.send_modify(order);
    }

    /// Replaces the names of the replicas that are expected although they were never seen.
    pub fn expect_listed(&self, listed: Vec<String>, now: SystemTime) {
        self.update(|replicas| {
            replicas.expectation.listed = listed;
            replicas.expectation.since = now;
        });
    }

    /// The orders to streams.
    pub fn releases(&self) -> watch::Receiver<Releases> {
        self.releases.subscribe()
    }

    /// A receiver that changes with each event.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The newest revision, if there is one.
    pub fn newest(&self) -> Option<RevisionId> {
        self.lock().newest
    }

    /// All replicas, sorted by name.
    pub fn replicas(&self) -> Vec<Replica> {
        let mut all: Vec<_> = self.lock().by_uid.values().cloned().collect();
        all.sort_by(|a, b| {
            (&a.identity.name, &a.identity.uid).cmp(&(&b.identity.name, &b.identity.uid))
        });
        all
    }
}

#[cfg(test)]
mod tests;
