//! Bounds of the store. Bounds on the parts of an event are in `event_log::limits`.

use std::time::Duration;

/// The largest state of an environment, in bytes of JSON.
pub const STATE: usize = 16 * 1024 * 1024;
/// The largest definitions of a revision, in bytes of keys and JSON.
pub const DEFINITIONS: usize = 64 * 1024 * 1024;
/// The largest record, in bytes of key and value.
pub const RECORD: usize = 1024 * 1024;
/// The most environments of a store.
pub const ENVIRONMENTS: usize = 256;
/// The most events of a page.
pub const PAGE_EVENTS: usize = 1000;
/// The bytes of events after which a page ends. A page has at least one event.
pub const PAGE_BYTES: usize = 4 * 1024 * 1024;
/// The number of revisions from one complete copy of the definitions to the next.
pub const COMPLETE_COPY_INTERVAL: u64 = 64;
/// The most appends from one checkpoint to the next.
pub const CHECKPOINT_APPENDS: u32 = 128;
/// The bytes of appended events, states and revisions after which a checkpoint is due.
pub const CHECKPOINT_BYTES: usize = 4 * 1024 * 1024;
/// The size to which the write-ahead log is cut after a checkpoint.
pub const LOG_BYTES: u64 = 16 * 1024 * 1024;
/// The most idle connections that are kept for readers.
pub const IDLE_READERS: usize = 4;
/// The most KiB of pages that a connection keeps.
pub const CACHE_KIB: i64 = 512;
/// How long a statement waits for a lock inside the database.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
