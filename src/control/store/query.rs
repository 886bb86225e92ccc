//! Questions to the store, and its answers.

use crate::control::store::append::StoredDefinitions;
use crate::event_log::LogEventKind;
use crate::event_log::SealedEvent;
use crate::wire::content_hash::ContentHash;

/// A point in the history of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The revision of this number.
    Revision(u64),
    /// The last revision whose event has this time or an earlier one, in milliseconds since the UNIX epoch.
    Time(u64),
}

/// A revision of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRevision {
    /// Its number, which is also the number of its event.
    pub seq: u64,
    /// The time of its event, in milliseconds since the UNIX epoch.
    pub at_ms: u64,
    /// The hash of the definitions.
    pub content_hash: ContentHash,
    /// The definitions.
    pub definitions: StoredDefinitions,
}

/// The last event of an environment with the state and the revision after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEnvironment {
    /// The number of the last event.
    pub head_seq: u64,
    /// The hash of the last event.
    pub head_hash: ContentHash,
    /// The state, as JSON.
    pub state: String,
    /// The hash of the definitions.
    pub content_hash: ContentHash,
    /// The effective definitions.
    pub definitions: StoredDefinitions,
}

/// A filter of events. The default selects the oldest page of all events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventQuery {
    /// Events of this flag.
    pub flag: Option<String>,
    /// Events of the actor of this name.
    pub actor: Option<String>,
    /// Events of this kind.
    pub kind: Option<LogEventKind>,
    /// Events at this time or later, in milliseconds since the UNIX epoch.
    pub from_ms: Option<u64>,
    /// Events before this time, in milliseconds since the UNIX epoch.
    pub until_ms: Option<u64>,
    /// Events after this number.
    pub after_seq: Option<u64>,
    /// Events before this number.
    pub before_seq: Option<u64>,
    /// The most events of the page; 0 and more than `limits::PAGE_EVENTS` mean `limits::PAGE_EVENTS`.
    pub limit: usize,
    /// Returns the newest events first.
    pub newest_first: bool,
}

/// A page of events.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// The events in the order of the query.
    pub events: Vec<SealedEvent>,
    /// True if more events follow: after the number of the last one, or before it if the newest come first.
    pub has_more: bool,
}

/// The identity of a store. Revision numbers of different epochs cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreEpoch {
    /// The number of restores from a backup.
    pub number: u64,
    /// A random number, made with the store and again by each restore.
    pub id: u128,
}
