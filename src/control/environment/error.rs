//! `ChangeError`: why a change did not happen, or may not have happened.

use std::fmt;

use crate::control::model::refusal::Refusal;
use crate::control::store::StoreError;

/// Why a change did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeError {
    /// The change is not allowed, or not possible.
    Refused(Refusal),
    /// The caller expected another revision.
    RevisionConflict {
        /// The expected revision.
        expected: u64,
        /// The published one.
        found: u64,
    },
    /// The flag files were not read since the start: the reason, if there is one.
    FilesNotRead(String),
    /// Another change takes too long.
    Busy,
    /// The store refused the change.
    Store(StoreError),
    /// The store did not answer in time: the change may still be recorded.
    StoreTimeout,
    /// Kills wait to be journalled; nothing else changes until then.
    Unjournalled(String),
    /// A part of the process has ended.
    Ended(&'static str),
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChangeError::Refused(refusal) => refusal.fmt(f),
            ChangeError::RevisionConflict { expected, found } => write!(
                f,
                "the change expects revision {expected}, and the environment is at revision {found}: read it again, then repeat the change"
            ),
            ChangeError::FilesNotRead(why) => write!(
                f,
                "the flag files were not read since the start, and only kills are possible: {why}"
            ),
            ChangeError::Busy => {
                f.write_str("another change is being recorded for too long: try again")
            }
            ChangeError::Store(error) => error.fmt(f),
            ChangeError::StoreTimeout => f.write_str(
                "the store did not answer in time: read the log to see whether the change was recorded",
            ),
            ChangeError::Unjournalled(why) => write!(
                f,
                "a kill could not be journalled yet, and nothing else changes until it is: {why}"
            ),
            ChangeError::Ended(what) => write!(f, "{what} has ended: restart the process"),
        }
    }
}

impl std::error::Error for ChangeError {}

impl From<Refusal> for ChangeError {
    fn from(refusal: Refusal) -> ChangeError {
        ChangeError::Refused(refusal)
    }
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> ChangeError {
        ChangeError::Store(error)
    }
}
