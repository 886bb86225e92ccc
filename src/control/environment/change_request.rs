//! `ChangeRequest`: a command with its author. `Changed`: its result.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::control::model::command::Command;
use crate::control::model::flag_state::Mark;
use crate::control::model::flag_version::FlagVersion;
use crate::control::revision::Revision;
use crate::control::store::RecordChange;
use crate::event_log::Actor;

/// A command and its author.
#[derive(Debug, Clone)]
pub struct ChangeRequest {
    /// The command.
    pub command: Command,
    /// The author.
    pub actor: Actor,
    /// The reason that the author gives.
    pub reason: Option<String>,
    /// The time, in milliseconds since 1970.
    pub at_ms: u64,
    /// The revision that the author expects; if the environment is at another one, the change is refused.
    pub expected_revision: Option<u64>,
    /// True for a dry run, which changes nothing.
    pub dry_run: bool,
    /// The flag that the author has seen; another one is a conflict.
    pub expected_flag: ExpectedFlag,
    /// Records that are written with the event of the change.
    pub records: Vec<RecordChange>,
    /// Makes the record of the answer, which is written with the event.
    pub answer: Option<AnswerRecorder>,
}

/// The flag that the author of a change has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExpectedFlag {
    /// Any, or none.
    #[default]
    Any,
    /// Some flag.
    Existing,
    /// None.
    Absent,
    /// The flag of this version.
    Version(FlagVersion),
}

/// Makes the record of the answer to a change, once it is known what the change leads to.
#[derive(Clone)]
pub struct AnswerRecorder(pub Arc<dyn Fn(&Changed) -> RecordChange + Send + Sync>);

impl fmt::Debug for AnswerRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnswerRecorder(…)")
    }
}

/// The result of a change.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The revision before.
    pub before: Arc<Revision>,
    /// The revision after the change; for a dry run, the revision that would follow. If the command has no effect, the
    /// revision before.
    pub after: Arc<Revision>,
    /// True if the log has every change of `after`. False after a kill that is not recorded yet, and for a change that
    /// was published together with such a kill.
    pub journalled: bool,
    /// The parts of the state that have no effect.
    pub findings: Vec<String>,
}

/// Returns the time in milliseconds since 1970.
pub fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(now.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

impl ChangeRequest {
    /// A request that expects nothing, at this time.
    pub fn new(command: Command, actor: Actor, reason: Option<String>) -> ChangeRequest {
        ChangeRequest {
            command,
            actor,
            reason,
            at_ms: now_ms(),
            expected_revision: None,
            dry_run: false,
            expected_flag: ExpectedFlag::Any,
            records: Vec::new(),
            answer: None,
        }
    }

    /// Returns the actor, the time and the reason.
    pub fn mark(&self) -> Mark {
        Mark {
            by: self.actor.name.clone(),
            at_ms: self.at_ms,
            reason: self.reason.clone(),
        }
    }
}
