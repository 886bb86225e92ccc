//! `JournalledWrite`: a change that is ready to be recorded, and its way to the log.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;
use tokio::sync::oneshot;

use crate::control::environment::error::ChangeError;
use crate::control::model::command::Command;
use crate::control::model::environment_state::EnvironmentState;
use crate::control::revision::Revision;
use crate::control::store::RecordChange;
use crate::event_log::EventDraft;
use crate::ruleset::Ruleset;

/// A change that is ready to be recorded.
#[derive(Debug)]
pub struct JournalledWrite {
    /// The command, if it is one and not an edit of files.
    pub command: Option<Command>,
    /// The event.
    pub event: EventDraft,
    /// The state after it.
    pub state: EnvironmentState,
    /// The flags that the state overlays after it.
    pub base: Arc<Ruleset>,
    /// The revision that it makes.
    pub revision: Arc<Revision>,
    /// The parts of the state that have no effect.
    pub findings: Vec<String>,
    /// Records that are written with the event.
    pub records: Vec<RecordChange>,
}

/// A write that is in the log, and what was published then.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The published revision. It has kills that are not recorded yet, too.
    pub revision: Arc<Revision>,
    /// True if the log has every change of this revision.
    pub is_complete: bool,
}

/// The result of recording a write.
pub type RecordingResult = Result<Recorded, ChangeError>;

/// A write on its way to the log.
#[derive(Debug)]
pub struct Recording {
    /// The write.
    pub write: JournalledWrite,
    /// Held until the store has answered, however long the caller waits.
    pub gate: OwnedMutexGuard<()>,
    /// Gets the result.
    pub reply: oneshot::Sender<RecordingResult>,
}
