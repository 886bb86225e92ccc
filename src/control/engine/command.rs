//! `RolloutCommand`: what people and programs ask of a running rollout. `EngineInput`: everything that a step takes.

use serde::Deserialize;
use serde::Serialize;

use crate::control::engine::observation::Observation;
use crate::control::engine::observation::PostCondition;
use crate::control::model::flag_state::Mark;

/// The input of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineInput {
    /// A look at the evidence.
    Look(Observation),
    /// The answer to `Verify`.
    PostCondition(PostCondition),
    /// A command.
    Command(RolloutCommand),
}

/// A request to change a running rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum RolloutCommand {
    /// Approve the end of the current stage.
    Approve(ApprovalRequest),
    /// Wait where it is.
    Pause(Mark),
    /// End a pause.
    Resume(Mark),
    /// Waive the rest of the least time and of the least units of the stage; nothing else.
    Advance(Mark),
    /// Take the rollout back, and end it.
    Abort(Mark),
    /// Go on after a halt, or begin again after a rollback.
    Retry {
        /// The author and the reason.
        mark: Mark,
        /// True if the cool-down and the verdict on this version are overridden; needs a reason.
        is_override: bool,
    },
    /// Serve the exposure of the stage before, and halt there.
    PreviousStage(Mark),
    /// Forbid to widen the exposure.
    Freeze(Mark),
    /// End a freeze.
    Unfreeze(Mark),
}

/// A request to approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalRequest {
    /// The name.
    pub by: String,
    /// True for a person, false for a program.
    pub is_person: bool,
    /// The roles.
    pub roles: Vec<String>,
    /// The hash of what was shown.
    pub subject: String,
}

impl RolloutCommand {
    /// The verb.
    pub fn verb(&self) -> &'static str {
        match self {
            RolloutCommand::Approve(_) => "approve",
            RolloutCommand::Pause(_) => "pause",
            RolloutCommand::Resume(_) => "resume",
            RolloutCommand::Advance(_) => "advance",
            RolloutCommand::Abort(_) => "abort",
            RolloutCommand::Retry { .. } => "retry",
            RolloutCommand::PreviousStage(_) => "return to the previous stage",
            RolloutCommand::Freeze(_) => "freeze",
            RolloutCommand::Unfreeze(_) => "unfreeze",
        }
    }
}
