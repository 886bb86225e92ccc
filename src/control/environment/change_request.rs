//! `ChangeRequest`: a command with its author. `Changed`: its result.

use std::sync::Arc;
use std::time::SystemTime;

use crate::control::model::command::Command;
use crate::control::model::flag_state::Mark;
use crate::control::revision::Revision;
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
    /// Returns the actor, the time and the reason.
    pub fn mark(&self) -> Mark {
        Mark {
            by: self.actor.name.clone(),
            at_ms: self.at_ms,
            reason: self.reason.clone(),
        }
    }
}
