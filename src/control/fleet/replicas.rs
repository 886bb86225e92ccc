//! `Replicas`: the state of a registry, changed by its events.

use std::collections::HashMap;
use std::time::SystemTime;

use crate::control::fleet::expectation::Expectation;
use crate::control::fleet::expectation::elapsed;
use crate::control::fleet::replica::RefusedRevision;
use crate::control::fleet::replica::Replica;
use crate::control::fleet::replica::ReplicaKind;
use crate::control::fleet::replica::RevisionEvent;
use crate::control::fleet::replica::StreamId;
use crate::wire::fleet::receipt::Receipt;
use crate::wire::fleet::receipt::ReceiptState;
use crate::wire::fleet::replica_identity::ReplicaIdentity;
use crate::wire::fleet::revision_id::RevisionId;

/// The replicas of an environment.
#[derive(Debug)]
pub struct Replicas {
    /// By uid.
    pub by_uid: HashMap<String, Replica>,
    /// The rule by which they are expected.
    pub expectation: Expectation,
    /// The newest revision, if there is one.
    pub newest: Option<RevisionId>,
    next_stream: u64,
    limit: usize,
}

impl Replicas {
    /// No replicas, and at most `limit` later.
    pub fn new(expectation: Expectation, limit: usize) -> Replicas {
        Replicas {
            by_uid: HashMap::new(),
            expectation,
            newest: None,
            next_stream: 1,
            limit,
        }
    }

    /// Records a new revision, and forgets replicas that are no longer expected.
    pub fn publish(&mut self, revision: RevisionId, now: SystemTime) {
        self.newest = Some(revision);
        let Expectation { within, listed, .. } = &self.expectation;
        self.by_uid.retain(|_, replica| {
            replica.connected_since.is_some()
                || listed.contains(&replica.identity.name)
                || (elapsed(replica.last_seen, now) <= *within && !replica.has_left)
        });
        for replica in self.by_uid.values_mut() {
            replica.note_newest(&revision, now);
        }
    }

    /// Records a new stream. `None` if there are too many replicas.
    pub fn connect(
        &mut self,
        identity: ReplicaIdentity,
        kind: ReplicaKind,
        have: Option<RevisionId>,
        now: SystemTime,
    ) -> Option<StreamId> {
        let uid = identity.uid.clone();
        self.supersede(&identity, kind);
        if !self.by_uid.contains_key(&uid) && self.by_uid.len() >= self.limit {
            self.evict()?;
        }
        let number = self.next_stream;
        self.next_stream += 1;
        let newest = self.newest;
        let replica = self.by_uid.entry(uid.clone());
        let replica = replica.or_insert_with(|| Replica::new(identity.clone(), kind, now));
        replica.identity = identity;
        replica.kind = kind;
        replica.stream = number;
        replica.connected_since = Some(now);
        replica.last_seen = now;
        replica.has_left = false;
        replica.applied = have.map(|revision| RevisionEvent { revision, at: now });
        replica.is_ahead = newest
            .zip(have)
            .is_some_and(|(newest, have)| newest.lacks(&have));
        if let Some(newest) = newest {
            replica.note_newest(&newest, now);
        }
        Some(StreamId { uid, number })
    }

    /// Sends nothing to a replica whose revision the store does not know, until `force_sync` or a kill.
    pub fn hold(&mut self, stream: &StreamId) {
        if let Some(replica) = self.by_uid.get_mut(&stream.uid) {
            replica.is_ahead = true;
        }
    }

    /// Records a replica of an earlier process, as disconnected.
    pub fn remember(&mut self, identity: ReplicaIdentity, last_seen: SystemTime) {
        if self.by_uid.len() < self.limit {
            let uid = identity.uid.clone();
            let replica = self.by_uid.entry(uid);
            replica.or_insert_with(|| Replica::new(identity, ReplicaKind::Fanion, last_seen));
        }
    }

    /// Forgets a replica that has disconnected if another process has its name: it was replaced.
    fn supersede(&mut self, identity: &ReplicaIdentity, kind: ReplicaKind) {
        let ReplicaIdentity { uid, name, .. } = identity;
        self.by_uid.retain(|known, replica| {
            known == uid
                || name.is_empty()
                || replica.identity.name != *name
                || replica.kind != kind
                || replica.connected_since.is_some()
        });
    }

    /// Forgets the replica that was disconnected first. `None` if all are connected.
    fn evict(&mut self) -> Option<()> {
        let replicas = self.by_uid.iter();
        let disconnected = replicas.filter(|(_, replica)| replica.connected_since.is_none());
        let oldest = disconnected.min_by_key(|(_, replica)| replica.last_seen);
        let uid = oldest?.0.clone();
        self.by_uid.remove(&uid);
        Some(())
    }

    /// Records the end of a stream.
    pub fn disconnect(&mut self, stream: &StreamId, now: SystemTime) {
        let is_listed = |listed: &[String], name: &String| listed.contains(name);
        let Some(replica) = self.by_uid.get_mut(&stream.uid) else {
            return;
        };
        if replica.stream != stream.number {
            return;
        }
        replica.connected_since = None;
        replica.last_seen = now;
        let is_over = replica.kind == ReplicaKind::Plain
            || (replica.has_left && !is_listed(&self.expectation.listed, &replica.identity.name));
        if is_over {
            self.by_uid.remove(&stream.uid);
        }
    }

    /// Records a receipt.
    pub fn record_receipt(&mut self, receipt: Receipt, now: SystemTime) {
        let Some(replica) = self.by_uid.get_mut(&receipt.uid) else {
            return;
        };
        replica.last_seen = now;
        match receipt.state {
            ReceiptState::Received(revision) => {
                replica.received = Some(RevisionEvent { revision, at: now });
            }
            ReceiptState::Applied(revision, at) => {
                replica.applied = Some(RevisionEvent { revision, at });
                replica.is_ahead = false;
            }
            ReceiptState::Failed(revision, reason) => replica.add_refusal(RefusedRevision {
                revision,
                reason,
                at: now,
            }),
            ReceiptState::Leaving => replica.has_left = true,
        }
        if let Some(newest) = self.newest {
            replica.note_newest(&newest, now);
        }
    }
}

impl Replica {
    /// Records the time since which the replica has not applied the newest revision.
    fn note_newest(&mut self, newest: &RevisionId, now: SystemTime) {
        if self.has_applied(newest) {
            self.behind_since = None;
        } else {
            self.behind_since.get_or_insert(now);
        }
    }
}
