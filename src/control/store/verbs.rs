//! `Store` and `StoreReader`: the verbs of a store.

use std::path::Path;
use std::sync::Arc;

use crate::control::store::append::Append;
use crate::control::store::error::StoreError;
use crate::control::store::error::VerifyError;
use crate::control::store::query::At;
use crate::control::store::query::EventPage;
use crate::control::store::query::EventQuery;
use crate::control::store::query::StoreEpoch;
use crate::control::store::query::StoredEnvironment;
use crate::control::store::query::StoredRevision;
use crate::control::store::record::Record;
use crate::control::store::record::RecordChange;
use crate::control::store::record::RecordKind;
use crate::event_log::ChainHead;
use crate::event_log::SealedEvent;

/// A store that one thread writes. All calls block.
pub trait Store: Send {
    /// Appends an event to the log of its environment, and returns it sealed. The first event creates the environment.
    ///
    /// # Errors
    /// If the event is not stored. After an error other than a conflict, the head may be read again: a crash during the
    /// failed call may leave the event stored.
    fn append(&mut self, append: &Append<'_>) -> Result<SealedEvent, StoreError>;

    /// Writes records, all or none.
    ///
    /// # Errors
    /// If nothing is written.
    fn write_records(&mut self, changes: &[RecordChange]) -> Result<(), StoreError>;

    /// Returns a reader, which several threads may use while this store appends.
    fn reader(&self) -> Arc<dyn StoreReader>;
}

/// Reads of a store. All calls block. Each call sees the store as it is after one append.
pub trait StoreReader: Send + Sync {
    /// The identity of the store.
    fn epoch(&self) -> StoreEpoch;

    /// The names of all environments, sorted.
    fn environments(&self) -> Result<Vec<String>, StoreError>;

    /// The head of an environment; `None` if it has no events. State and definitions are checked by their hashes.
    fn load(&self, environment: &str) -> Result<Option<StoredEnvironment>, StoreError>;

    /// The definitions at a point of the history, checked by their hash; `None` if there was no revision yet.
    fn document_at(&self, environment: &str, at: At) -> Result<Option<StoredRevision>, StoreError>;

    /// A page of events. Each is checked: its columns are those of its canonical bytes.
    fn events(&self, environment: &str, query: &EventQuery) -> Result<EventPage, StoreError>;

    /// The stored bytes of events after a number, unchecked. At most `limit` and `limits::PAGE_EVENTS`.
    fn raw_events(
        &self,
        environment: &str,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError>;

    /// All records of a kind, sorted by key, also expired ones.
    fn records(&self, kind: RecordKind) -> Result<Vec<Record>, StoreError>;

    /// The record with this key, also an expired one.
    fn record(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError>;

    /// Checks every event of an environment, and all that is derived from events.
    ///
    /// # Errors
    /// `VerifyError::Broken` names the first bad event.
    fn verify(&self, environment: &str) -> Result<ChainHead, VerifyError>;

    /// Writes a copy of the store to a new file, while appends go on. The copy is checked and synced.
    ///
    /// # Errors
    /// If the file exists, or cannot be written completely.
    fn backup(&self, file: &Path) -> Result<(), StoreError>;
}
