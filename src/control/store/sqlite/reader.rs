//! `SqliteReader`: reads of the database, each in a transaction of its own.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use rusqlite::Connection;

use crate::control::store::data_dir::DataDir;
use crate::control::store::error::StoreError;
use crate::control::store::error::VerifyError;
use crate::control::store::limits;
use crate::control::store::query::At;
use crate::control::store::query::EventPage;
use crate::control::store::query::EventQuery;
use crate::control::store::query::StoreEpoch;
use crate::control::store::query::StoredEnvironment;
use crate::control::store::query::StoredRevision;
use crate::control::store::record::Record;
use crate::control::store::record::RecordKind;
use crate::control::store::sqlite::backup;
use crate::control::store::sqlite::connection::open_reader;
use crate::control::store::sqlite::events;
use crate::control::store::sqlite::failure::Failure;
use crate::control::store::sqlite::head;
use crate::control::store::sqlite::head::EnvironmentHead;
use crate::control::store::sqlite::history;
use crate::control::store::sqlite::records;
use crate::control::store::sqlite::verify;
use crate::control::store::sqlite::verify::VerifyFailure;
use crate::control::store::verbs::StoreReader;
use crate::event_log::ChainHead;

/// Reads of a database that this process has locked.
#[derive(Debug)]
pub struct SqliteReader {
    file: PathBuf,
    epoch: StoreEpoch,
    idle: Mutex<Vec<Connection>>,
    /// The directory stays locked while a reader exists.
    _directory: DataDir,
}

impl SqliteReader {
    /// Readers of the database in a directory.
    pub fn new(directory: DataDir, epoch: StoreEpoch) -> SqliteReader {
        SqliteReader {
            file: directory.database(),
            epoch,
            idle: Mutex::new(Vec::new()),
            _directory: directory,
        }
    }

    /// The file of the database.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Closes the connections that no read uses.
    pub fn close_idle(&self) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Runs a read in a transaction, on a connection that no other thread uses.
    fn read<T, E: From<rusqlite::Error> + From<Failure>>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let connection = match kept {
            Some(connection) => connection,
            None => open_reader(&self.file)?,
        };
        let transaction = connection.unchecked_transaction()?;
        let result = read(&transaction);
        transaction.rollback()?;
        let mut idle = idle();
        if idle.len() < limits::IDLE_READERS {
            idle.push(connection);
        }
        result
    }

    /// Runs a read of an environment; `None` if the environment has no events.
    fn read_environment<T>(
        &self,
        environment: &str,
        read: impl FnOnce(&Connection, &EnvironmentHead) -> Result<T, Failure>,
    ) -> Result<Option<T>, StoreError> {
        let result = self.read(|connection| {
            let head = head::find(connection, environment)?;
            head.map(|head| read(connection, &head)).transpose()
        });
        result.map_err(|failure: Failure| failure.in_file(&self.file))
    }
}

impl StoreReader for SqliteReader {
    fn epoch(&self) -> StoreEpoch {
        self.epoch
    }

    fn environments(&self) -> Result<Vec<String>, StoreError> {
        let names = self.read(head::names);
        names.map_err(|failure| failure.in_file(&self.file))
    }

    fn load(&self, environment: &str) -> Result<Option<StoredEnvironment>, StoreError> {
        self.read_environment(environment, history::load)
    }

    fn document_at(&self, environment: &str, at: At) -> Result<Option<StoredRevision>, StoreError> {
        let at = |connection: &Connection, head: &EnvironmentHead| {
            history::revision_at(connection, head, at)
        };
        Ok(self.read_environment(environment, at)?.flatten())
    }

    fn events(&self, environment: &str, query: &EventQuery) -> Result<EventPage, StoreError> {
        let page =
            |connection: &Connection, head: &EnvironmentHead| events::page(connection, head, query);
        let page = self.read_environment(environment, page)?;
        Ok(page.unwrap_or(EventPage {
            events: Vec::new(),
            has_more: false,
        }))
    }

    fn raw_events(
        &self,
        environment: &str,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let raw = |connection: &Connection, head: &EnvironmentHead| {
            events::raw(connection, head, after_seq, limit)
        };
        Ok(self.read_environment(environment, raw)?.unwrap_or_default())
    }

    fn records(&self, kind: RecordKind) -> Result<Vec<Record>, StoreError> {
        let records = self.read(|connection| records::all(connection, kind));
        records.map_err(|failure: Failure| failure.in_file(&self.file))
    }

    fn record(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError> {
        let record = self.read(|connection| records::find(connection, kind, key));
        record.map_err(|failure: Failure| failure.in_file(&self.file))
    }

    fn verify(&self, environment: &str) -> Result<ChainHead, VerifyError> {
        let verified = self.read(|connection| verify::verify(connection, environment));
        verified.map_err(|failure: VerifyFailure| failure.in_file(&self.file))
    }

    fn backup(&self, file: &Path) -> Result<(), StoreError> {
        let connection = open_reader(&self.file).map_err(|failure| failure.in_file(&self.file))?;
        backup::backup(&connection, file)
    }
}
