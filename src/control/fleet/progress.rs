//! `Progress`: how many replicas have applied a revision, and which have not.

use std::time::Duration;

use crate::wire::fleet::revision_id::RevisionId;

/// The progress of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The replicas that are expected to apply it.
    pub expected: usize,
    /// Those that have applied it, or a newer one.
    pub applied: usize,
    /// The others, the worst first.
    pub laggards: Vec<Laggard>,
    /// The connected plain peers. They send no receipts and are not part of the other numbers.
    pub plain: PlainProgress,
}

/// The progress of a revision among plain peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlainProgress {
    /// The connected peers.
    pub connected: usize,
    /// Those to whose socket the revision, or a newer one, was handed.
    pub delivered: usize,
}

/// A replica that has not applied a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Laggard {
    /// Its name.
    pub name: String,
    /// Its uid; `None` if it was never seen.
    pub uid: Option<String>,
    /// Its state.
    pub state: LaggardState,
    /// The revision that it serves, if it is known.
    pub revision: Option<RevisionId>,
    /// The time since it was last known to have the newest flags.
    pub age: Duration,
}

/// The state of a laggard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaggardState {
    /// Connected; its receipt is outstanding.
    Connected,
    /// Connected, with a newer revision than the restored store has; nothing is sent until it is forced.
    Ahead,
    /// Not connected.
    Disconnected,
    /// It has refused the revision for this reason.
    Refused(String),
    /// Listed as expected, but never connected.
    NeverSeen,
}

impl LaggardState {
    /// The name in JSON and in metrics.
    pub fn name(&self) -> &'static str {
        match self {
            LaggardState::Connected => "connected",
            LaggardState::Ahead => "ahead",
            LaggardState::Disconnected => "disconnected",
            LaggardState::Refused(_) => "refused",
            LaggardState::NeverSeen => "never-seen",
        }
    }
}

impl Progress {
    /// Returns true if all expected replicas have applied the revision.
    pub fn is_complete(&self) -> bool {
        self.laggards.is_empty()
    }

    /// Sorts the laggards, the worst first, and those of the same state by age and name.
    pub(super) fn sort(&mut self) {
        let key = |laggard: &Laggard| {
            let rank = match laggard.state {
                LaggardState::NeverSeen => 0,
                LaggardState::Refused(_) => 1,
                LaggardState::Disconnected => 2,
                LaggardState::Ahead => 3,
                LaggardState::Connected => 4,
            };
            (rank, std::cmp::Reverse(laggard.age), laggard.name.clone())
        };
        self.laggards.sort_by_cached_key(key);
    }
}
