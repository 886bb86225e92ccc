//! `CommandRefusal`: why the engine does not carry out a command.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;

/// The reason for the refusal of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum CommandRefusal {
    /// The command does not fit the phase.
    WrongPhase {
        /// The command.
        command: String,
        /// The phase.
        phase: String,
    },
    /// Something else has to happen before the stage can be approved.
    NotAwaited {
        /// The gate that is closed.
        gate: String,
    },
    /// The approval is for something else: the stage moved on, or the plan was edited.
    OtherSubject,
    /// The person has approved already.
    Twice(String),
    /// The author of a rollout does not approve it.
    ByAuthor(String),
    /// A program does not approve.
    ByAutomation(String),
    /// The rollout was taken back a short time ago.
    CoolDown {
        /// The milliseconds that are left.
        left_ms: u64,
    },
    /// The same version was taken back.
    SameVersion {
        /// The reason for the rollback.
        cause: String,
    },
    /// The definition is not the pinned one.
    DefinitionChanged,
    /// The first stage has none before it.
    FirstStage,
}

impl fmt::Display for CommandRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandRefusal::WrongPhase { command, phase } => {
                write!(f, "cannot {command}: the rollout is {phase}")
            }
            CommandRefusal::NotAwaited { gate } => {
                write!(f, "cannot approve yet: the rollout waits for {gate}")
            }
            CommandRefusal::OtherSubject => write!(
                f,
                "the approval is for another stage, attempt or plan: look at the rollout again"
            ),
            CommandRefusal::Twice(by) => write!(f, "{by} has approved already"),
            CommandRefusal::ByAuthor(by) => {
                write!(
                    f,
                    "{by} is an author of this rollout: another person has to approve"
                )
            }
            CommandRefusal::ByAutomation(by) => {
                write!(f, "{by} is a program: a person has to approve")
            }
            CommandRefusal::CoolDown { left_ms } => write!(
                f,
                "the rollout was taken back: {} min of its cool-down are left; override it with a reason",
                left_ms.div_ceil(60_000)
            ),
            CommandRefusal::SameVersion { cause } => write!(
                f,
                "this version was taken back ({cause}): change it, or override with a reason"
            ),
            CommandRefusal::DefinitionChanged => write!(
                f,
                "the definition is not the one that was started: restore it, or start the new one"
            ),
            CommandRefusal::FirstStage => {
                write!(
                    f,
                    "there is no stage before the first one: abort the rollout"
                )
            }
        }
    }
}
