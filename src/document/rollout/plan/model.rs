//! `RolloutPlan`: the stages of a rollout, with templates expanded and inherited members filled in.

use crate::document::rollout::percentage::Percentage;
use crate::document::rollout::plan::exposure::Exposure;
use crate::document::rollout::plan::guardrail::Guardrail;
use crate::document::rollout::plan::policy::Minimum;
use crate::document::rollout::plan::policy::OnInconclusive;
use crate::document::rollout::plan::policy::OnNoData;
use crate::document::rollout::plan::policy::OnRegression;
use crate::document::rollout::plan::policy::RollbackPolicy;
use crate::document::rollout::plan::window::AllowedWindow;

/// The plan of one rollout.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct RolloutPlan {
    /// The stages, at least one, each with at least the exposure of the one before.
    pub stages: Vec<PlanStage>,
    /// The guardrails of every stage.
    pub guardrails: Vec<Guardrail>,
    /// The chance to take a healthy release back, over all stages and guardrails.
    pub alpha: f64,
    /// The least units and the least time of every stage.
    pub minimum: Minimum,
    /// The reaction to a regression.
    pub on_regression: OnRegression,
    /// The reaction to a missing proof of health.
    pub on_inconclusive: OnInconclusive,
    /// The reaction to missing data.
    pub on_no_data: OnNoData,
    /// The time for which data may be missing, in milliseconds.
    pub no_data_grace_ms: u64,
    /// The lease of an exposure below 100 %, in milliseconds; the safe variant is served when nobody renews it.
    pub lease_ms: Option<u64>,
    /// The way of a rollback.
    pub rollback: RollbackPolicy,
    /// The hours in which stages may begin; at any time if empty.
    pub windows: Vec<AllowedWindow>,
    /// The time for which an approval counts, in milliseconds.
    pub approvals_expire_ms: u64,
}

/// One stage of a plan.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct PlanStage {
    /// The name, unique in the plan.
    pub name: String,
    /// The units that get the release.
    pub exposure: Exposure,
    /// The least time in the stage, in milliseconds.
    pub hold_ms: u64,
    /// The approvals that end the stage; `None` if it ends without one.
    pub approvals: Option<RequiredApprovals>,
    /// The least number of exposed units, if it differs from that of the plan.
    pub units: Option<u64>,
    /// The guardrails of this stage, besides those of the plan.
    pub guardrails: Vec<Guardrail>,
    /// The reaction to a regression, if it differs from the plan.
    pub on_regression: Option<OnRegression>,
}

/// The approvals that a stage needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct RequiredApprovals {
    /// The number of people.
    pub count: u32,
    /// Names or roles of which each must be among the approvers.
    pub from: Vec<String>,
}

impl RolloutPlan {
    /// The guardrails that have a measurement in a stage.
    pub fn guardrails_of<'p>(
        &'p self,
        stage: &'p PlanStage,
    ) -> impl Iterator<Item = &'p Guardrail> {
        let all = self.guardrails.iter().chain(&stage.guardrails);
        all.filter(|guardrail| guardrail.applies_at(stage.exposure.largest_share()))
    }

    /// The reaction to a regression in a stage.
    pub fn on_regression_in(&self, stage: &PlanStage) -> OnRegression {
        stage.on_regression.unwrap_or(self.on_regression)
    }

    /// The least number of exposed units of a stage; nobody is counted at 0 %.
    pub fn least_units(&self, stage: &PlanStage) -> u64 {
        if stage.exposure.largest_share() == Percentage::NONE {
            return 0;
        }
        stage.units.unwrap_or(self.minimum.units)
    }

    /// The least time in a stage, in milliseconds.
    pub fn least_time_ms(&self, stage: &PlanStage) -> u64 {
        stage.hold_ms.max(self.minimum.time_ms)
    }

    /// Returns true if a person or a measurement has to agree before the release grows.
    pub fn is_gated(&self) -> bool {
        let mut stages = self.stages.iter();
        let gated = |stage: &PlanStage| stage.approvals.is_some() || !stage.guardrails.is_empty();
        !self.guardrails.is_empty() || stages.any(gated)
    }
}
