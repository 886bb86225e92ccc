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
    /// The caller expected another version of the flag.
    FlagConflict {
        /// The key.
        key: String,
        /// True if there is such a flag.
        exists: bool,
    },
    /// The flag files have not been read since startup, for this reason, if it is known.
    FilesNotRead(String),
    /// The time limit passed while another change was being recorded.
    Busy,
    /// The store refused the change.
    Store(StoreError),
    /// The store did not respond in time: the change may still be recorded.
    StoreTimeout,
    /// An earlier kill is not recorded yet; other changes are refused until it is recorded.
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
            ChangeError::FlagConflict { key, exists: true } => write!(
                f,
                "flag `{key}` is not as the change expects it: read it again, then repeat the change"
            ),
            ChangeError::FlagConflict { key, .. } => {
                write!(f, "flag `{key}` does not exist, and the change expects it")
            }
            ChangeError::FilesNotRead(why) => write!(
                f,
                "the flag files have not been read since startup; until then only kills are accepted: {why}"
            ),
            ChangeError::Busy => {
                f.write_str("timed out waiting for another change to be recorded: try again")
            }
            ChangeError::Store(error) => error.fmt(f),
            ChangeError::StoreTimeout => f.write_str(
                "the store did not respond in time: read the log to see whether the change was recorded",
            ),
            ChangeError::Unjournalled(why) => write!(
                f,
                "an earlier kill is not recorded yet; other changes are refused until it is recorded: {why}"
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
