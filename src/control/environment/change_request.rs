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
    /// The revision that the author has seen; another one is a conflict.
    pub expected_revision: Option<u64>,
    /// True if nothing is to change.
    pub dry_run: bool,
}

/// The result of a change.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The revision before.
    pub before: Arc<Revision>,
    /// The revision after; of a dry run, the one that would follow. The same as before, if the command had no effect.
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
    /// Returns who asks, when and why.
    pub fn mark(&self) -> Mark {
        Mark {
            by: self.actor.name.clone(),
            at_ms: self.at_ms,
            reason: self.reason.clone(),
        }
    }
}
