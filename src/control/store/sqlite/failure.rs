//! `Failure`: an error inside the store, before the file is named.

use std::io;
use std::path::Path;

use rusqlite::ErrorCode;

use crate::control::store::error::StoreError;
use crate::event_log::EventError;

/// An error inside the store, before the file is named.
#[derive(Debug)]
pub enum Failure {
    /// SQLite reported an error.
    Sql(rusqlite::Error),
    /// The content of the database is not as it was written.
    Damaged(String),
    /// An error that is complete.
    Store(StoreError),
}

impl Failure {
    /// Names the file.
    pub fn in_file(self, file: &Path) -> StoreError {
        let file = file.to_owned();
        match self {
            Failure::Store(error) => error,
            Failure::Damaged(problem) => StoreError::Corrupt { file, problem },
            Failure::Sql(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => StoreError::Full { file },
                Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { file },
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked {
                    path: file,
                    holder: None,
                },
                Some(ErrorCode::NotADatabase) => StoreError::OtherProgram { file },
                Some(code) if !is_damage(code) => StoreError::io("use the store", file, &error),
                // Values of other types than the schema has, and damage that SQLite found.
                _ => StoreError::Corrupt {
                    file,
                    problem: error.to_string(),
                },
            },
        }
    }
}

/// Returns true for errors that a valid statement never causes on an intact database file.
fn is_damage(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::DatabaseCorrupt
            | ErrorCode::ConstraintViolation
            | ErrorCode::TypeMismatch
            | ErrorCode::TooBig
            | ErrorCode::NotFound
            | ErrorCode::SchemaChanged
            | ErrorCode::Unknown
    )
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Failure {
        Failure::Sql(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Store(error)
    }
}

impl From<EventError> for Failure {
    fn from(error: EventError) -> Failure {
        Failure::Store(error.into())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Store(StoreError::io("compress", "the definitions", &error))
    }
}
