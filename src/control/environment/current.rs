//! `Current`: the recorded state of an environment, the kills that are not recorded yet, and the flags below both.

use std::sync::Arc;

use crate::control::model::command::Command;
use crate::control::model::environment_state::EnvironmentState;
use crate::control::model::flag_state::Mark;
use crate::control::model::held_flags;
use crate::control::model::overlay;
use crate::control::model::overlay::Overlaid;
use crate::control::model::owned_flags;
use crate::control::revision::Definitions;
use crate::event_log::Actor;
use crate::ruleset::CompiledFlag;
use crate::ruleset::Ruleset;

/// The active state of an environment.
#[derive(Debug)]
pub struct Current {
    /// The number of the last recorded event.
    pub head_seq: u64,
    /// The state after it.
    pub state: Arc<EnvironmentState>,
    /// The definitions after it.
    pub definitions: Arc<Definitions>,
    /// The flags that the state overlays: as authored, or as they were when they were held.
    pub base: Arc<Ruleset>,
    /// The number of the event that is being recorded.
    pub in_flight: Option<u64>,
    /// Kills that are published and not recorded.
    pub pending: Vec<PendingKill>,
    /// The parts of the state that have no effect.
    pub findings: Vec<String>,
}

/// The kills that are published and not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Their number.
    pub kills: usize,
    /// The reason why the last attempt to record one of them failed.
    pub error: Option<String>,
}

/// A kill that is published and not recorded.
#[derive(Debug, Clone)]
pub struct PendingKill {
    /// The kill.
    pub command: Command,
    /// The actor that requested it.
    pub actor: Actor,
    /// The name of the actor, the time and the reason.
    pub mark: Mark,
}

impl Current {
    /// Returns the state with the kills that are not recorded yet.
    pub fn effective_state(&self) -> Arc<EnvironmentState> {
        let mut state = self.state.clone();
        for kill in &self.pending {
            if let Ok(Some(after)) = kill.command.apply(&state, &self.base, &kill.mark) {
                state = Arc::new(after);
            }
        }
        state
    }

    /// Returns the effective flags.
    pub fn overlay(&self, state: &EnvironmentState) -> Overlaid {
        overlay::overlay(&self.base.flags, state)
    }

    /// Returns the number that the next event gets if everything in flight is recorded.
    pub fn next_number(&self) -> u64 {
        let recorded = self.head_seq.max(self.in_flight.unwrap_or(0));
        recorded + 1 + self.pending.len() as u64
    }

    /// Returns the keys of flags whose edits wait for the end of a pause or a freeze.
    pub fn waiting_edits(
        &self,
        authored: &Ruleset,
        state: &EnvironmentState,
        limit: usize,
    ) -> Vec<Arc<str>> {
        if authored.flags.is_empty() {
            return Vec::new();
        }
        held_flags::waiting_edits(authored, &self.base, state, limit)
    }

    /// Returns the flags to serve after an edit of the files.
    pub fn adopt(
        &self,
        authored: &Ruleset,
        state: &EnvironmentState,
        findings: &mut Vec<String>,
    ) -> Vec<Arc<CompiledFlag>> {
        let edited = owned_flags::merge(authored, state, findings);
        held_flags::adopt(&edited, &self.base, state, findings)
    }
}
