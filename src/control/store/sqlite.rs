//! `SqliteStore`: the store in one SQLite database, with a write-ahead log that is synced at each commit.

mod backup;
mod clock;
mod connection;
mod events;
mod failure;
mod head;
mod history;
mod reader;
mod records;
mod row_id;
mod schema;
mod transaction;
mod verify;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use crate::control::store::append::Append;
use crate::control::store::data_dir::DataDir;
use crate::control::store::error::StoreError;
use crate::control::store::limits;
use crate::control::store::record::RecordChange;
pub use crate::control::store::sqlite::backup::backup_data_dir;
pub use crate::control::store::sqlite::backup::restore;
use crate::control::store::sqlite::failure::Failure;
use crate::control::store::sqlite::reader::SqliteReader;
use crate::control::store::step::Step;
use crate::control::store::step::StepHook;
use crate::control::store::verbs::Store;
use crate::control::store::verbs::StoreReader;
use crate::event_log::SealedEvent;

/// The store in one SQLite database.
pub struct SqliteStore {
    writer: Connection,
    reader: Arc<SqliteReader>,
    hook: StepHook,
    appends: u32,
    bytes: usize,
    checkpoint_error: Option<StoreError>,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("reader", &self.reader)
            .finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the store in a directory, and creates both if they do not exist.
    ///
    /// # Errors
    /// If another process uses the directory, or it holds no store that this release reads and writes.
    pub fn open(data_dir: &Path) -> Result<SqliteStore, StoreError> {
        SqliteStore::open_with_hook(data_dir, Box::new(|_| Ok(())))
    }

    /// Opens a store that calls a function before each step, for tests of failures and crashes.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open_with_hook(data_dir: &Path, hook: StepHook) -> Result<SqliteStore, StoreError> {
        let directory = DataDir::lock(data_dir)?;
        directory.create_database()?;
        let file = directory.database();
        let opened = connection::open_writer(&file).and_then(|mut writer| {
            schema::prepare(&mut writer, &file)?;
            let epoch = schema::epoch(&writer)?;
            Ok((writer, epoch))
        });
        let (writer, epoch) = opened.map_err(|failure| failure.in_file(&file))?;
        let mut store = SqliteStore {
            writer,
            reader: Arc::new(SqliteReader::new(directory, epoch)),
            hook,
            appends: 0,
            bytes: 0,
            checkpoint_error: None,
        };
        // A process that is killed again and again before a checkpoint is due would let the log grow.
        store.checkpoint();
        Ok(store)
    }

    /// The error of the last checkpoint. Until a checkpoint succeeds, the write-ahead log grows.
    pub fn checkpoint_error(&self) -> Option<&StoreError> {
        self.checkpoint_error.as_ref()
    }

    /// Copies the write-ahead log into the database. A failure is not one of the appends, which are in the log.
    fn checkpoint(&mut self) {
        let run = "PRAGMA wal_checkpoint(PASSIVE)";
        let result = (self.hook)(Step::Checkpoint).and_then(|()| {
            let result = self.writer.query_row(run, [], |_| Ok(()));
            result.map_err(|error| Failure::Sql(error).in_file(self.reader.file()))
        });
        if result.is_ok() {
            (self.appends, self.bytes) = (0, 0);
        }
        self.checkpoint_error = result.err();
        let _ = (self.hook)(Step::Checkpointed);
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Merges the write-ahead log into the database file. On close, SQLite does this only if the last connection to
        // close can write.
        self.reader.close_idle();
        let _ = self
            .writer
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
}

impl Store for SqliteStore {
    fn append(&mut self, append: &Append<'_>) -> Result<SealedEvent, StoreError> {
        let appended = transaction::append(&mut self.writer, append, &mut self.hook);
        let sealed = appended.map_err(|failure| failure.in_file(self.reader.file()))?;
        let _ = (self.hook)(Step::Committed);
        self.appends += 1;
        self.bytes += sealed.bytes().len() + append.state.len();
        if self.appends >= limits::CHECKPOINT_APPENDS || self.bytes >= limits::CHECKPOINT_BYTES {
            self.checkpoint();
        }
        Ok(sealed)
    }

    fn write_records(&mut self, changes: &[RecordChange]) -> Result<(), StoreError> {
        let written = records::write_all(&mut self.writer, changes);
        written.map_err(|failure| failure.in_file(self.reader.file()))?;
        self.appends += 1;
        if self.appends >= limits::CHECKPOINT_APPENDS {
            self.checkpoint();
        }
        Ok(())
    }

    fn reader(&self) -> Arc<dyn StoreReader> {
        self.reader.clone()
    }
}
