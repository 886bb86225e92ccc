//! `StoreError`: the reason why an operation of the store failed. `VerifyError`: a broken log.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use crate::event_log::BrokenChain;
use crate::event_log::EventError;

/// The reason why an operation of the store failed. Each message names the fault, the file and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The disk is full.
    Full {
        /// The file of the store.
        file: PathBuf,
    },
    /// The file or its file system cannot be written.
    ReadOnly {
        /// The file of the store.
        file: PathBuf,
    },
    /// The file is damaged, or was changed by another program.
    Corrupt {
        /// The file of the store.
        file: PathBuf,
        /// The damage.
        problem: String,
    },
    /// Another process uses the data directory, or holds a lock of the database for too long.
    Locked {
        /// The data directory or file.
        path: PathBuf,
        /// The process that holds the lock, if it is known.
        holder: Option<String>,
    },
    /// A newer release wrote the file.
    NewerVersion {
        /// The file of the store.
        file: PathBuf,
        /// The version of the file.
        found: i64,
        /// The newest version that this release reads.
        known: i64,
    },
    /// The file belongs to another program.
    OtherProgram {
        /// The file.
        file: PathBuf,
    },
    /// The head of the environment is not the expected event.
    Conflict {
        /// The number of the expected event.
        expected: u64,
        /// The number of the last event.
        found: u64,
    },
    /// A part of the append is larger than its bound.
    TooLarge {
        /// The part.
        part: &'static str,
        /// Its size.
        size: usize,
        /// The bound.
        limit: usize,
    },
    /// The event cannot be sealed.
    Event(EventError),
    /// A file that must not exist exists, or a directory that must be empty is not.
    Exists {
        /// The file or directory.
        path: PathBuf,
    },
    /// The operating system reported an error.
    Io {
        /// The operation.
        operation: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The error.
        problem: String,
    },
}

impl StoreError {
    /// An error of the operating system.
    pub fn io(operation: &'static str, path: impl Into<PathBuf>, error: &dyn Error) -> StoreError {
        StoreError::Io {
            operation,
            path: path.into(),
            problem: error.to_string(),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Full { file } => {
                let file = file.display();
                write!(
                    f,
                    "cannot write the store {file}: the disk is full: free space, then repeat the change"
                )
            }
            StoreError::ReadOnly { file } => {
                let file = file.display();
                write!(
                    f,
                    "cannot write the store {file}: it is read-only: make the file, its directory and the file system writable"
                )
            }
            StoreError::Corrupt { file, problem } => write!(
                f,
                "the store {} is damaged: {problem}: restore a backup into a new data directory",
                file.display()
            ),
            StoreError::Locked { path, holder } => {
                let holder = holder.as_deref().unwrap_or("another process");
                write!(
                    f,
                    "cannot use {}: {holder} uses it: stop that process, or choose another data directory",
                    path.display()
                )
            }
            StoreError::NewerVersion { file, found, known } => write!(
                f,
                "the store {} has version {found}, and this release reads versions up to {known}: use the newer release",
                file.display()
            ),
            StoreError::OtherProgram { file } => write!(
                f,
                "the file {} is not a store of fanion: choose another data directory",
                file.display()
            ),
            StoreError::Conflict { .. }
            | StoreError::TooLarge { .. }
            | StoreError::Event(_)
            | StoreError::Exists { .. }
            | StoreError::Io { .. } => self.fmt_request(f),
        }
    }
}

impl StoreError {
    /// Writes the errors that depend on the request.
    fn fmt_request(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Conflict { expected, found } => write!(
                f,
                "the change expects revision {expected}, and the environment is at revision {found}: read it again, then repeat the change"
            ),
            StoreError::TooLarge { part, size, limit } => {
                write!(
                    f,
                    "the {part} has {size} bytes; at most {limit} are allowed: make it smaller"
                )
            }
            StoreError::Event(error) => fmt::Display::fmt(error, f),
            StoreError::Exists { path } => write!(
                f,
                "{} exists and is not empty: choose a path that does not exist",
                path.display()
            ),
            StoreError::Io {
                operation,
                path,
                problem,
            } => {
                write!(
                    f,
                    "cannot {operation} {}: {problem}: check the disk and the permissions",
                    path.display()
                )
            }
            _ => Ok(()),
        }
    }
}

impl Error for StoreError {}

impl From<EventError> for StoreError {
    fn from(error: EventError) -> StoreError {
        match error {
            EventError::TooLarge { part, size, limit } => {
                StoreError::TooLarge { part, size, limit }
            }
            error => StoreError::Event(error),
        }
    }
}

/// The reason why the log of an environment is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifyError {
    /// An event was changed, or is missing.
    Broken(BrokenChain),
    /// The store cannot be read, or is damaged outside of the events.
    Store(StoreError),
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VerifyError::Broken(broken) => broken.fmt(f),
            VerifyError::Store(error) => error.fmt(f),
        }
    }
}

impl Error for VerifyError {}

impl From<BrokenChain> for VerifyError {
    fn from(broken: BrokenChain) -> VerifyError {
        VerifyError::Broken(broken)
    }
}

impl From<StoreError> for VerifyError {
    fn from(error: StoreError) -> VerifyError {
        VerifyError::Store(error)
    }
}
