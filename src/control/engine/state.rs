//! `RolloutState`: everything that the engine knows of one rollout.

use serde::Deserialize;
use serde::Serialize;

use crate::control::engine::approval::Approval;
use crate::control::engine::cause::Cause;
use crate::control::engine::clock::EngineClock;
use crate::control::engine::effect::Served;
use crate::control::engine::gate::Gate;
use crate::control::engine::pin::DefinitionPin;
use crate::control::model::flag_state::Mark;
use crate::document::rollout::percentage::Percentage;

/// Everything that the engine knows of one rollout. Times are those of `clock`, in milliseconds, unless a name says `wall`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutState {
    /// The phase.
    pub phase: Phase,
    /// The closed gate.
    pub gate: Gate,
    /// The time of the rollout.
    pub clock: EngineClock,
    /// The hashes of the definition and the plan that were started.
    pub pin: DefinitionPin,
    /// The authors, and the person who started it. They cannot approve it.
    pub authors: Vec<String>,
    /// The number of the last change of the exposure; evidence and approvals name it.
    pub entry: u64,
    /// The first entry since a person last decided: a regression of an entry before it was decided about.
    pub first_entry: u64,
    /// The number of the last effect.
    pub last_effect: u64,
    /// The exposure to serve; `None` before the first stage.
    pub served: Option<Served>,
    /// The change that is not confirmed yet.
    pub change: Option<UnconfirmedChange>,
    /// The time since which the stage is confirmed.
    pub confirmed_ms: u64,
    /// The time in the stage while nothing held it.
    pub observed_ms: u64,
    /// The end of the last evidence that was seen, in milliseconds since 1970.
    pub evidence_until_wall_ms: Option<u64>,
    /// The time at which evidence last moved on.
    pub evidence_seen_ms: u64,
    /// The end of the evidence before an interruption: the same evidence does not count after it.
    pub stale_until_wall_ms: Option<u64>,
    /// The time since which a guardrail has no data.
    pub blind_since_ms: Option<u64>,
    /// True if people were told that data is missing.
    pub is_blindness_told: bool,
    /// True if the hold was doubled.
    pub is_extended: bool,
    /// The author of a waiver of the rest of the hold.
    pub waived: Option<Mark>,
    /// The approvals of the current stage.
    pub approvals: Vec<Approval>,
    /// A pause.
    pub paused: Option<Mark>,
    /// A freeze.
    pub frozen: Option<Mark>,
    /// The time at which the exposure ends by itself, in milliseconds since 1970.
    pub lease_until_wall_ms: Option<u64>,
    /// The end of the cool-down after a rollback.
    pub cool_down_until_ms: Option<u64>,
}

/// The phase of a rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Phase {
    /// It waits for the beginning of a stage: the first one, or after a halt that of the halt.
    Pending {
        /// The index of the stage.
        next: usize,
    },
    /// It is in a stage.
    Running {
        /// The index of the stage.
        stage: usize,
        /// The part of the stage.
        part: StagePart,
    },
    /// It stays where it is until a person decides.
    Halted {
        /// The index of the stage.
        stage: usize,
        /// The reason.
        cause: Cause,
    },
    /// It is being taken back.
    RollingBack(Rollback),
    /// It was taken back.
    RolledBack {
        /// The reason.
        cause: Cause,
    },
    /// It was ended by a person, or by a kill.
    Aborted {
        /// The reason.
        cause: Cause,
    },
    /// It passed its last stage.
    Completed,
}

/// The part of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StagePart {
    /// The exposure is not confirmed yet.
    Settling,
    /// Time, units and guardrails are awaited.
    Observing,
    /// The next stage may begin, but not at this time.
    Ready,
    /// Approvals are awaited.
    AwaitingApproval,
}

/// A rollback under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    /// The reason.
    pub cause: Cause,
    /// The shares that follow, the next one first.
    pub rest: Vec<Percentage>,
    /// The milliseconds between two steps.
    pub every_ms: u64,
    /// The end of it.
    pub end: RollbackEnd,
}

/// The end of a rollback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RollbackEnd {
    /// The rollout counts as taken back.
    RolledBack,
    /// The rollout was aborted.
    Aborted,
    /// The rollout halts in this stage.
    Halted(usize),
}

/// A change of the exposure that is not confirmed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnconfirmedChange {
    /// Its number.
    pub id: u64,
    /// The time of the last request.
    pub asked_ms: u64,
    /// The shares that were found instead.
    pub mismatch: Option<String>,
}

impl Phase {
    /// The stage whose guardrails protect the release.
    pub fn watched_stage(&self) -> Option<usize> {
        match self {
            Phase::Running { stage, .. } | Phase::Halted { stage, .. } => Some(*stage),
            Phase::Pending { .. }
            | Phase::RollingBack(_)
            | Phase::RolledBack { .. }
            | Phase::Aborted { .. }
            | Phase::Completed => None,
        }
    }

    /// The name in output.
    pub fn name(&self) -> &'static str {
        match self {
            Phase::Pending { .. } => "pending",
            Phase::Running { part, .. } => match part {
                StagePart::Settling => "settling",
                StagePart::Observing => "observing",
                StagePart::Ready => "ready",
                StagePart::AwaitingApproval => "awaiting approval",
            },
            Phase::Halted { .. } => "halted",
            Phase::RollingBack(_) => "rolling back",
            Phase::RolledBack { .. } => "rolled back",
            Phase::Aborted { .. } => "aborted",
            Phase::Completed => "completed",
        }
    }
}

impl RolloutState {
    /// Returns true if something holds the rollout: it stays as it is, and its time does not count.
    pub fn is_held(&self) -> bool {
        self.phase.watched_stage().is_some()
            && matches!(
                self.gate,
                Gate::DefinitionChanged(_)
                    | Gate::InvalidEvidence { .. }
                    | Gate::SharedIncident { .. }
                    | Gate::Paused(_)
                    | Gate::Frozen(_)
            )
    }
}
