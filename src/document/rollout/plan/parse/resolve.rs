//! Completes a plan: expands its template, names its stages, and fills in what a stage inherits from the one before.

use crate::diag::Position;
use crate::document::rollout::fields::Rollout;
use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::percentage::Percentage;
use crate::document::rollout::plan::exposure::Exposure;
use crate::document::rollout::plan::exposure::RegionExposure;
use crate::document::rollout::plan::guardrail::Guardrail;
use crate::document::rollout::plan::model::PlanStage;
use crate::document::rollout::plan::model::RolloutPlan;
use crate::document::rollout::plan::parse::draft::PlacedGuardrail;
use crate::document::rollout::plan::parse::draft::PlanDraft;
use crate::document::rollout::plan::parse::draft::StageDraft;
use crate::document::rollout::plan::parse::stage::required_approvals;
use crate::document::rollout::plan::policy::OnInconclusive;
use crate::document::rollout::plan::policy::OnNoData;
use crate::document::rollout::plan::policy::OnRegression;
use crate::document::rollout::plan::rollout_exposure::exposure_of;
use crate::document::rollout::plan::template::PlanTemplate;
use crate::document::rollout::plan::template::TemplateStage;
use crate::document::rollout::ring::Rings;

/// The hold of a stage if neither it nor the plan has one.
const HOLD_MS: u64 = 3_600_000;
const ALPHA: f64 = 0.05;
const GRACE_MS: u64 = 600_000;
const APPROVALS_EXPIRE_MS: u64 = 86_400_000;

/// A complete plan, with the positions of its parts for diagnostics.
#[derive(Debug)]
pub struct PlacedPlan {
    pub plan: RolloutPlan,
    pub stage_positions: Vec<Position>,
    pub guardrail_positions: Vec<(Position, Guardrail)>,
    pub variant_positions: Vec<Position>,
}

/// Completes a plan; reports a plan without stages.
pub fn resolve_plan(
    parser: &mut FieldParser<'_>,
    draft: PlanDraft,
    rollout: &Rollout,
    rings: &Rings,
) -> PlacedPlan {
    let template = draft.template;
    let position = draft.position;
    let stages = match (draft.stages, template) {
        (Some(stages), _) => stages,
        (None, Some(template)) => {
            let names = template_names(parser, template, draft.regions, rings, position);
            template_drafts(template, &names, rollout, position)
        }
        (None, None) => {
            if !parser.faulty {
                let help = "add `stages`, or `template: careful`";
                let what = "has no stages";
                parser.report_invalid(position, "rollout.plan", what, help);
            }
            Vec::new()
        }
    };
    let stage_positions = stages.iter().map(|stage| stage.position).collect();
    let all_guardrails = stages.iter().flat_map(|stage| &stage.guardrails);
    let all_guardrails = draft.guardrails.iter().chain(all_guardrails);
    let guardrail_positions = all_guardrails
        .map(|placed| (placed.position, placed.guardrail.clone()))
        .collect();
    let with_variant = stages.iter().filter(|stage| stage.variant.is_some());
    let variant_positions = with_variant.map(|stage| stage.position).collect();
    PlacedPlan {
        plan: RolloutPlan {
            stages: complete_stages(parser, stages, draft.hold_ms, rollout, position),
            guardrails: unplaced(draft.guardrails),
            alpha: draft.alpha.unwrap_or(ALPHA),
            minimum: draft.minimum,
            on_regression: draft.on_regression.unwrap_or(OnRegression::Rollback),
            on_inconclusive: draft.on_inconclusive.unwrap_or(OnInconclusive::Hold),
            on_no_data: draft.on_no_data.unwrap_or(OnNoData::Hold),
            no_data_grace_ms: draft.no_data_grace_ms.unwrap_or(GRACE_MS),
            lease_ms: draft.lease_ms.or(template.and_then(PlanTemplate::lease_ms)),
            rollback: draft.rollback,
            windows: draft.windows,
            approvals_expire_ms: draft.approvals_expire_ms.unwrap_or(APPROVALS_EXPIRE_MS),
        },
        stage_positions,
        guardrail_positions,
        variant_positions,
    }
}

fn unplaced(guardrails: Vec<PlacedGuardrail>) -> Vec<Guardrail> {
    let guardrails = guardrails.into_iter();
    guardrails.map(|placed| placed.guardrail).collect()
}

/// The bytes of names that the stages of a plan may have together: each stage repeats those before it.
const NAMES_BUDGET: usize = 1 << 18;

/// The most rings or regions of a template.
const MOST_NAMES: usize = 100;

/// The bytes of the names of rings and regions.
fn names_size(exposure: &Exposure) -> usize {
    let regions = exposure.regions.iter().flat_map(|region| &region.names);
    let names = exposure.rings.iter().chain(regions);
    names.map(|name| name.len() + size_of::<String>()).sum()
}

fn complete_stages(
    parser: &mut FieldParser<'_>,
    drafts: Vec<StageDraft>,
    hold_ms: Option<u64>,
    rollout: &Rollout,
    position: Position,
) -> Vec<PlanStage> {
    let mut exposure = exposure_of(rollout);
    // A plan decides about the share, from nobody on; lists of people keep what the fields beside the plan give them.
    exposure.percentage = Percentage::NONE;
    let mut budget = NAMES_BUDGET;
    let complete = |(at, draft): (usize, StageDraft)| {
        let Some(rest) = budget.checked_sub(names_size(&exposure)) else {
            if budget > 0 {
                let what = "has too many names of rings and regions in all stages together";
                let help = "use fewer or shorter names, or fewer stages";
                parser.report_invalid(position, "rollout.plan", what, help);
            }
            budget = 0;
            return None;
        };
        budget = rest;
        exposure = Exposure {
            percentage: draft.percentage.unwrap_or(exposure.percentage),
            rings: draft.rings.unwrap_or_else(|| exposure.rings.clone()),
            regions: draft.regions.unwrap_or_else(|| exposure.regions.clone()),
            variant: draft.variant.or_else(|| exposure.variant.clone()),
        };
        Some(PlanStage {
            name: draft.name.unwrap_or_else(|| format!("stage {}", at + 1)),
            exposure: exposure.clone(),
            hold_ms: draft.hold_ms.or(hold_ms).unwrap_or(HOLD_MS),
            approvals: draft.approvals,
            units: draft.units,
            guardrails: unplaced(draft.guardrails),
            on_regression: draft.on_regression,
        })
    };
    drafts.into_iter().enumerate().map_while(complete).collect()
}

/// The names that a template needs; none if they are too many: each stage repeats those before it.
fn template_names(
    parser: &mut FieldParser<'_>,
    template: PlanTemplate,
    regions: Vec<String>,
    rings: &Rings,
    position: Position,
) -> Vec<String> {
    let names: Vec<String> = match template {
        PlanTemplate::Rings => rings.names().map(ToOwned::to_owned).collect(),
        PlanTemplate::Regions => regions,
        _ => return Vec::new(),
    };
    let size: usize = names.iter().map(String::len).sum();
    if names.len() > MOST_NAMES || size * names.len() > NAMES_BUDGET {
        let what = format!("has {} names of rings or regions", names.len());
        let help = format!("use shorter names, at most {MOST_NAMES}");
        parser.report_invalid(position, "rollout.plan", what, &help);
        return Vec::new();
    }
    names
}

fn template_drafts(
    template: PlanTemplate,
    names: &[String],
    rollout: &Rollout,
    position: Position,
) -> Vec<StageDraft> {
    let mut known_rings = exposure_of(rollout).rings;
    let mut known_regions: Vec<RegionExposure> = Vec::new();
    let draft = |stage: TemplateStage| {
        let mut draft = StageDraft::new(position);
        if let Some(ring) = stage.ring {
            if !known_rings.contains(&ring) {
                known_rings.push(ring);
            }
            draft.rings = Some(known_rings.clone());
        }
        if let Some(region) = stage.region {
            known_regions.push(RegionExposure {
                names: vec![region],
                percentage: Percentage::ALL,
            });
            draft.regions = Some(known_regions.clone());
        }
        let percent = stage.percent.map(Percentage::from_percent);
        draft.percentage = percent.and_then(Result::ok);
        draft.name = Some(stage.name);
        draft.hold_ms = stage.hold_ms;
        draft.approvals = stage.is_manual.then(|| required_approvals(1, Vec::new()));
        draft
    };
    template.stages(names).into_iter().map(draft).collect()
}
