//! `Revision`: the effective flags of an environment after a change.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::snapshot::Snapshot;
use crate::wire::content_hash::ContentHash;

/// The definitions of a document in JSON, by key. They include flags that only sidecars with more dialects than plain
/// flagd can evaluate.
pub type Definitions = BTreeMap<Arc<str>, Arc<str>>;

/// The effective flags of an environment after one change. Immutable.
pub struct Revision {
    /// The number of the change in its environment: 1, 2, 3, and so on.
    pub number: u64,
    /// How often the store was restored from a backup. Numbers of different epochs cannot be compared.
    pub epoch: u64,
    /// The hash of `definitions`.
    pub content_hash: ContentHash,
    /// The definitions of all flags.
    pub definitions: Arc<Definitions>,
    /// The same flags, compiled.
    pub snapshot: Arc<Snapshot>,
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revision")
            .field("number", &self.number)
            .field("epoch", &self.epoch)
            .field("content_hash", &self.content_hash)
            .finish_non_exhaustive()
    }
}
