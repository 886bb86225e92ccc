//! `FlagExposure`: how far a flag has reached, in one word. The share and the rings of its rollouts.

use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use crate::control::model::flag_state::FlagState;
use crate::document::rollout::fields::Rollout;
use crate::document::rollout::percentage::Percentage;
use crate::ruleset::CompiledFlag;
use crate::ruleset::EvaluationPlan;

/// How far a flag has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagExposure {
    /// Everybody gets the safe variant.
    Killed,
    /// A share of users, or some rings, have a release.
    RollingOut,
    /// All users have a release.
    Complete,
    /// A rule of its file decides.
    Rule,
    /// Everybody gets the same variant.
    Same,
    /// Callers get the default in their code.
    Disabled,
    /// The definition is faulty.
    Faulty,
}

impl FlagExposure {
    /// All of them.
    pub const ALL: [FlagExposure; 7] = [
        FlagExposure::Killed,
        FlagExposure::RollingOut,
        FlagExposure::Complete,
        FlagExposure::Rule,
        FlagExposure::Same,
        FlagExposure::Disabled,
        FlagExposure::Faulty,
    ];

    /// The exposure of a flag, with what was decided about it.
    pub fn of(flag: &CompiledFlag, state: &FlagState) -> FlagExposure {
        let fields = flag.rollout_fields();
        let is_killed_by_file = fields.is_some_and(|fields| fields.kill_position.is_some());
        if state.killed.is_some() || is_killed_by_file {
            return FlagExposure::Killed;
        }
        let rollouts = fields.map_or(&[][..], |fields| &fields.rollouts);
        match &flag.evaluation_plan {
            EvaluationPlan::Faulty(_) => FlagExposure::Faulty,
            EvaluationPlan::Disabled => FlagExposure::Disabled,
            _ if rollouts.iter().any(is_complete) => FlagExposure::Complete,
            _ if !rollouts.is_empty() => FlagExposure::RollingOut,
            EvaluationPlan::Targeted(_) => FlagExposure::Rule,
            EvaluationPlan::Static(_) | EvaluationPlan::NoDefault => FlagExposure::Same,
        }
    }

    /// The name in URLs and style sheets.
    pub fn name(self) -> &'static str {
        match self {
            FlagExposure::Killed => "killed",
            FlagExposure::RollingOut => "rolling-out",
            FlagExposure::Complete => "complete",
            FlagExposure::Rule => "rule",
            FlagExposure::Same => "same",
            FlagExposure::Disabled => "disabled",
            FlagExposure::Faulty => "faulty",
        }
    }

    /// The words for readers.
    pub fn words(self) -> &'static str {
        match self {
            FlagExposure::Killed => "Killed",
            FlagExposure::RollingOut => "Rolling out",
            FlagExposure::Complete => "Everybody has it",
            FlagExposure::Rule => "By rule",
            FlagExposure::Same => "Same for everybody",
            FlagExposure::Disabled => "Disabled",
            FlagExposure::Faulty => "Broken",
        }
    }
}

/// Returns true if no user is left out of a rollout.
fn is_complete(rollout: &Rollout) -> bool {
    let limits = rollout.when.is_some() || !rollout.deny.is_empty() || !rollout.regions.is_empty();
    share_now(rollout) == Percentage::ALL && !limits
}

/// The share of a rollout now.
pub fn share_now(rollout: &Rollout) -> Percentage {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
    rollout.ramp.map_or(rollout.percentage, |ramp| {
        ramp.share_at(rollout.percentage, now)
    })
}

/// The shares of all rollouts of a flag.
pub fn share_or_dash(flag: &CompiledFlag) -> String {
    let shares = rollouts(flag).map(|rollout| share_now(rollout).to_string());
    join_or_dash(shares)
}

/// The names of the rings that have a flag.
pub fn rings_or_dash(flag: &CompiledFlag) -> String {
    let rings = rollouts(flag).flat_map(|rollout| &rollout.rings);
    join_or_dash(rings.map(ToString::to_string))
}

fn rollouts(flag: &CompiledFlag) -> impl Iterator<Item = &Rollout> {
    let fields = flag.rollout_fields().into_iter();
    fields.flat_map(|fields| &fields.rollouts)
}

fn join_or_dash(texts: impl Iterator<Item = String>) -> String {
    let texts: Vec<String> = texts.collect();
    match texts.as_slice() {
        [] => "–".to_owned(),
        texts => texts.join(", "),
    }
}
