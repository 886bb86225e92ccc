//! `PlanDraft`: a plan as written, before stages inherit members and templates are expanded.

use crate::diag::Position;
use crate::document::rollout::percentage::Percentage;
use crate::document::rollout::plan::exposure::RegionExposure;
use crate::document::rollout::plan::guardrail::Guardrail;
use crate::document::rollout::plan::model::RequiredApprovals;
use crate::document::rollout::plan::policy::Minimum;
use crate::document::rollout::plan::policy::OnInconclusive;
use crate::document::rollout::plan::policy::OnNoData;
use crate::document::rollout::plan::policy::OnRegression;
use crate::document::rollout::plan::policy::RollbackPolicy;
use crate::document::rollout::plan::template::PlanTemplate;
use crate::document::rollout::plan::window::AllowedWindow;

/// A plan as written.
#[derive(Debug, Clone)]
pub struct PlanDraft {
    pub position: Position,
    pub template: Option<PlanTemplate>,
    pub stages: Option<Vec<StageDraft>>,
    pub regions: Vec<String>,
    pub hold_ms: Option<u64>,
    pub guardrails: Vec<PlacedGuardrail>,
    pub alpha: Option<f64>,
    pub minimum: Minimum,
    pub on_regression: Option<OnRegression>,
    pub on_inconclusive: Option<OnInconclusive>,
    pub on_no_data: Option<OnNoData>,
    pub no_data_grace_ms: Option<u64>,
    pub lease_ms: Option<u64>,
    pub rollback: RollbackPolicy,
    pub windows: Vec<AllowedWindow>,
    pub approvals_expire_ms: Option<u64>,
}

/// A stage as written. Absent members are those of the stage before.
#[derive(Debug, Clone)]
pub struct StageDraft {
    pub position: Position,
    pub name: Option<String>,
    pub percentage: Option<Percentage>,
    pub rings: Option<Vec<String>>,
    pub regions: Option<Vec<RegionExposure>>,
    pub variant: Option<String>,
    pub hold_ms: Option<u64>,
    pub approvals: Option<RequiredApprovals>,
    pub units: Option<u64>,
    pub guardrails: Vec<PlacedGuardrail>,
    pub on_regression: Option<OnRegression>,
}

/// A guardrail and its position.
#[derive(Debug, Clone)]
pub struct PlacedGuardrail {
    pub position: Position,
    pub guardrail: Guardrail,
}

impl PlanDraft {
    /// A plan without members.
    pub fn new(position: Position) -> PlanDraft {
        PlanDraft {
            position,
            template: None,
            stages: None,
            regions: Vec::new(),
            hold_ms: None,
            guardrails: Vec::new(),
            alpha: None,
            minimum: Minimum::default(),
            on_regression: None,
            on_inconclusive: None,
            on_no_data: None,
            no_data_grace_ms: None,
            lease_ms: None,
            rollback: RollbackPolicy::default(),
            windows: Vec::new(),
            approvals_expire_ms: None,
        }
    }
}

impl StageDraft {
    /// A stage without members.
    pub fn new(position: Position) -> StageDraft {
        StageDraft {
            position,
            name: None,
            percentage: None,
            rings: None,
            regions: None,
            variant: None,
            hold_ms: None,
            approvals: None,
            units: None,
            guardrails: Vec::new(),
            on_regression: None,
        }
    }
}
