//! `Replica`: the facts that a registry keeps of one peer.

use std::collections::VecDeque;
use std::time::SystemTime;

use crate::control::fleet::progress::LaggardState;
use crate::wire::content_hash::ContentHash;
use crate::wire::fleet::replica_identity::ReplicaIdentity;
use crate::wire::fleet::revision_id::RevisionId;

/// The refusals that are kept of a replica: the latest.
const REFUSALS: usize = 8;

/// A revision and the time of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevisionEvent {
    /// The revision.
    pub revision: RevisionId,
    /// The time.
    pub at: SystemTime,
}

/// A revision that a replica has refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRevision {
    /// The revision.
    pub revision: RevisionId,
    /// The reason, with the place in the document.
    pub reason: String,
    /// The time.
    pub at: SystemTime,
}

/// An open stream of a replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamId {
    /// The uid of the replica.
    pub uid: String,
    pub(super) number: u64,
}

/// The kind of a peer, which decides how much is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplicaKind {
    /// A sidecar with receipts: it is known what it has applied.
    Fanion,
    /// A plain peer of flag sync: it is known what was delivered to it.
    Plain,
}

/// A peer.
#[derive(Debug, Clone)]
pub struct Replica {
    /// Its identity. A plain peer has its provider id as the name.
    pub identity: ReplicaIdentity,
    /// Its kind.
    pub kind: ReplicaKind,
    /// The start of its stream, while it is connected.
    pub connected_since: Option<SystemTime>,
    /// The time of its last sign of life before now.
    pub last_seen: SystemTime,
    /// The revision whose frame was handed to its socket last.
    pub delivered: Option<RevisionEvent>,
    /// The revision that it has received last.
    pub received: Option<RevisionEvent>,
    /// The revision that it serves.
    pub applied: Option<RevisionEvent>,
    /// The revisions that it has refused, the latest last.
    pub refusals: VecDeque<RefusedRevision>,
    /// True if it has a newer revision than this store, which was restored from a backup.
    pub is_ahead: bool,
    /// The number of the open stream: a stream that ends late does not disconnect its successor.
    pub(super) stream: u64,
    /// The time since which there is a newer revision that it has not applied.
    pub(super) behind_since: Option<SystemTime>,
    /// True if it has ended in an orderly way.
    pub(super) has_left: bool,
}

impl Replica {
    /// A peer that is not connected yet.
    pub(super) fn new(identity: ReplicaIdentity, kind: ReplicaKind, now: SystemTime) -> Replica {
        Replica {
            identity,
            kind,
            connected_since: None,
            last_seen: now,
            delivered: None,
            received: None,
            applied: None,
            refusals: VecDeque::new(),
            is_ahead: false,
            stream: 0,
            behind_since: None,
            has_left: false,
        }
    }

    /// Returns true if the replica has applied a revision, or a newer one. Of equal numbers the hashes must be equal: a
    /// restart may have lost a change that was not in the log.
    pub fn has_applied(&self, target: &RevisionId) -> bool {
        let applied = self.applied.as_ref().filter(|_| !self.is_ahead);
        applied.is_some_and(|applied| applied.revision.includes_content(target))
    }

    /// The refusal of these definitions, if the replica has refused them.
    pub fn refusal_of(&self, content_hash: ContentHash) -> Option<&RefusedRevision> {
        let mut refusals = self.refusals.iter().rev();
        refusals.find(|refusal| refusal.revision.content_hash == content_hash)
    }

    pub(super) fn add_refusal(&mut self, refusal: RefusedRevision) {
        let hash = refusal.revision.content_hash;
        self.refusals
            .retain(|known| known.revision.content_hash != hash);
        if self.refusals.len() == REFUSALS {
            self.refusals.pop_front();
        }
        self.refusals.push_back(refusal);
    }

    /// The state of a replica that has not applied the newest revision, which is `target`.
    pub(super) fn laggard_state(&self, target: &RevisionId) -> LaggardState {
        if let Some(refusal) = self.refusal_of(target.content_hash) {
            return LaggardState::Refused(refusal.reason.clone());
        }
        match self.connected_since {
            Some(_) if self.is_ahead => LaggardState::Ahead,
            Some(_) => LaggardState::Connected,
            None => LaggardState::Disconnected,
        }
    }
}
