//! `Effect`: what the outside has to do after a step, and the exposure that is served.

use serde::Deserialize;
use serde::Serialize;

use crate::control::engine::cause::Cause;
use crate::document::rollout::plan::exposure::Exposure;

/// An effect with its number. A number is given once per rollout: it makes repetitions recognisable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuedEffect {
    /// The number, from 1.
    pub number: u64,
    /// The effect.
    pub effect: Effect,
}

/// An action for the caller of the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Effect {
    /// Publish an exposure.
    Apply {
        /// The change; its post-condition names it.
        change: u64,
        /// The exposure.
        served: Served,
        /// The time at which the exposure ends by itself, in milliseconds since 1970.
        lease_until_ms: Option<u64>,
    },
    /// Ask the published flags for a sample of units, and answer with a post-condition.
    Verify {
        /// The change.
        change: u64,
        /// The exposure that must be found.
        served: Served,
    },
    /// Publish a later end of the exposure.
    RenewLease {
        /// The end, in milliseconds since 1970.
        until_ms: u64,
    },
    /// Tell people.
    Notify(Notice),
    /// Raise an incident: what is published is not what was decided.
    RaiseIncident {
        /// The change.
        change: u64,
        /// The shares that were found.
        found: String,
    },
    /// Open a ticket.
    OpenTicket(Ticket),
}

/// The answer to the units of a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Served {
    /// The release, to these units.
    Release(Exposure),
    /// The safe variant, to everybody.
    Safe,
}

/// A message to people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Notice {
    /// A stage is served, and this was confirmed.
    StageEntered {
        /// Its name.
        stage: String,
    },
    /// A person has to approve the end of a stage.
    ApprovalNeeded {
        /// Its name.
        stage: String,
        /// The hash of what is approved.
        subject: String,
    },
    /// A guardrail has no data, and the plan goes on without it.
    DataMissing {
        /// The guardrail.
        guardrail: String,
    },
    /// Control and treatment are both beyond a limit.
    SharedIncident {
        /// The guardrail.
        guardrail: String,
    },
    /// The rollout halted.
    Halted(Cause),
    /// The rollout is being taken back.
    RollbackStarted(Cause),
    /// The rollout was taken back, and this was confirmed.
    RolledBack(Cause),
    /// The rollout reached its last stage and passed it.
    Completed,
}

/// A ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ticket {
    /// The flag can be removed from the code.
    CleanUp,
    /// The release was taken back.
    RolledBack,
}

/// The log line of a regression, for instance `Rollback: canary 7.5% vs stable 0.9%`.
pub fn rollback_line(cause: &Cause) -> Option<String> {
    match cause {
        Cause::Regression(_) => {
            let text = cause.to_string();
            let (_, numbers) = text.split_once("regressed: ")?;
            Some(format!("Rollback: {numbers}"))
        }
        _ => None,
    }
}
