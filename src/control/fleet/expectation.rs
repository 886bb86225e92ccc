//! The replicas that are expected to apply each revision, and their progress.

use std::collections::HashMap;
use std::collections::HashSet;
use std::time::Duration;
use std::time::SystemTime;

use crate::control::fleet::progress::Laggard;
use crate::control::fleet::progress::LaggardState;
use crate::control::fleet::progress::PlainProgress;
use crate::control::fleet::progress::Progress;
use crate::control::fleet::replica::Replica;
use crate::control::fleet::replica::ReplicaKind;
use crate::wire::fleet::revision_id::RevisionId;

/// How long a replica that has disconnected is expected to come back.
pub const DEFAULT_EXPECT_WITHIN: Duration = Duration::from_secs(600);

/// The rule by which replicas are expected.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// How long a replica that has disconnected without notice is expected to come back.
    pub within: Duration,
    /// The names of replicas that are expected although they were never seen.
    pub listed: Vec<String>,
    /// The time since which the listed replicas are expected.
    pub since: SystemTime,
}

impl Expectation {
    /// Returns true if a replica is expected: connected, or disconnected a short time ago, or listed.
    fn includes(&self, replica: &Replica, now: SystemTime) -> bool {
        let is_recent = || elapsed(replica.last_seen, now) <= self.within;
        replica.kind == ReplicaKind::Fanion
            && !replica.has_left
            && (replica.connected_since.is_some() || is_recent() || self.lists(replica))
    }

    fn lists(&self, replica: &Replica) -> bool {
        self.listed.contains(&replica.identity.name)
    }

    /// Returns true if all expected replicas have applied a revision.
    pub fn is_met(
        &self,
        all: &HashMap<String, Replica>,
        target: &RevisionId,
        now: SystemTime,
    ) -> bool {
        let mut expected = all.values().filter(|replica| self.includes(replica, now));
        expected.all(|replica| replica.has_applied(target)) && self.never_seen(all).next().is_none()
    }

    /// The progress of a revision.
    pub fn progress(
        &self,
        all: &HashMap<String, Replica>,
        target: &RevisionId,
        now: SystemTime,
    ) -> Progress {
        let expected = all.values().filter(|replica| self.includes(replica, now));
        let (applied, lagging): (Vec<_>, Vec<_>) =
            expected.partition(|replica| replica.has_applied(target));
        let mut laggards: Vec<Laggard> = lagging
            .into_iter()
            .map(|replica| laggard(replica, target, now))
            .collect();
        laggards.extend(self.never_seen(all).map(|name| Laggard {
            name: name.to_owned(),
            uid: None,
            state: LaggardState::NeverSeen,
            revision: None,
            age: elapsed(self.since, now),
        }));
        let mut progress = Progress {
            expected: applied.len() + laggards.len(),
            applied: applied.len(),
            laggards,
            plain: plain_progress(all, target),
        };
        progress.sort();
        progress
    }

    /// The listed names without a replica. One that has left counts as seen.
    fn never_seen<'a>(
        &'a self,
        all: &'a HashMap<String, Replica>,
    ) -> impl Iterator<Item = &'a str> {
        let names: HashSet<&str> = if self.listed.is_empty() {
            HashSet::new()
        } else {
            let replicas = all
                .values()
                .filter(|replica| replica.kind == ReplicaKind::Fanion);
            replicas.map(|replica| &*replica.identity.name).collect()
        };
        let listed = self.listed.iter().map(String::as_str);
        listed.filter(move |name| !names.contains(name))
    }
}

fn laggard(replica: &Replica, target: &RevisionId, now: SystemTime) -> Laggard {
    let lost = replica
        .connected_since
        .is_none()
        .then_some(replica.last_seen);
    let since = replica.behind_since.into_iter().chain(lost).min();
    Laggard {
        name: replica.identity.name.clone(),
        uid: Some(replica.identity.uid.clone()),
        state: replica.laggard_state(target),
        revision: replica.applied.map(|applied| applied.revision),
        age: since.map_or(Duration::ZERO, |since| elapsed(since, now)),
    }
}

fn plain_progress(all: &HashMap<String, Replica>, target: &RevisionId) -> PlainProgress {
    let plain = all
        .values()
        .filter(|replica| replica.kind == ReplicaKind::Plain);
    let mut progress = PlainProgress::default();
    for replica in plain.filter(|replica| replica.connected_since.is_some()) {
        progress.connected += 1;
        let delivered = replica.delivered.as_ref();
        let has = delivered.is_some_and(|d| d.revision.includes(target.epoch, target.number));
        progress.delivered += usize::from(has);
    }
    progress
}

/// The time between two moments; zero if the clock was set back.
pub fn elapsed(from: SystemTime, to: SystemTime) -> Duration {
    to.duration_since(from).unwrap_or_default()
}
