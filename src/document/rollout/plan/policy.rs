//! Policies of a plan: what follows from a regression, from missing data, and from an inconclusive comparison.

use crate::document::rollout::percentage::Percentage;

/// The reaction to the regression of a guardrail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum OnRegression {
    /// The rollout is rolled back, as `rollback` says.
    Rollback,
    /// The exposure of the stage before is served again, and the rollout halts there.
    PreviousStage,
    /// The rollout stays where it is until a person decides.
    Halt,
}

/// The reaction to a missing proof of health when a stage has its time and its units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum OnInconclusive {
    /// The rollout waits for the proof.
    Hold,
    /// The hold of the stage is doubled once; after that the rollout waits.
    Extend,
    /// The absence of a regression suffices.
    Advance,
    /// The rollout is rolled back.
    Rollback,
}

/// The reaction to a guardrail without data for the time of grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum OnNoData {
    /// The rollout waits for data.
    Hold,
    /// The rollout is rolled back.
    Rollback,
    /// People are told, and the guardrail counts as not regressed.
    Warn,
}

/// The way of a rollback.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum RollbackMode {
    /// The share becomes 0 %; rings keep the release.
    Zero,
    /// Everybody gets the safe variant.
    Kill,
    /// The exposure of the stage before is served again.
    Previous,
    /// The share falls in steps: the last users to get the release lose it first.
    Gradual {
        /// The shares, each lower than the one before; the last one is 0 %.
        steps: Vec<Percentage>,
        /// The milliseconds between two steps.
        every_ms: u64,
    },
}

/// The way of a rollback, and the time after it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct RollbackPolicy {
    /// The way.
    pub how: RollbackMode,
    /// The time in which the rollout is not started again, in milliseconds.
    pub cool_down_ms: u64,
}

/// The least units and the least time of a stage before its guardrails decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct Minimum {
    /// Units of the share that were exposed in the stage.
    pub units: u64,
    /// The time in the stage, in milliseconds.
    pub time_ms: u64,
}

impl Default for RollbackPolicy {
    fn default() -> RollbackPolicy {
        RollbackPolicy {
            how: RollbackMode::Zero,
            cool_down_ms: 3_600_000,
        }
    }
}
