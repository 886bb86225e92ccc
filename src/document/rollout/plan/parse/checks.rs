//! Checks a complete plan: stages that take the release from somebody, gates that can never be met, duplicate names.

use std::collections::BTreeSet;

use crate::diag::Code;
use crate::diag::Position;
use crate::document::rollout::fields::Release;
use crate::document::rollout::fields::Rollout;
use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::percentage::Percentage;
use crate::document::rollout::plan::exposure::Exposure;
use crate::document::rollout::plan::model::PlanStage;
use crate::document::rollout::plan::model::RolloutPlan;
use crate::document::rollout::plan::parse::resolve::PlacedPlan;

const STAGES: &str = "rollout.plan.stages";
const GUARDRAILS: &str = "rollout.plan.guardrails";

/// Reports the mistakes of a complete plan.
pub fn check_plan(
    parser: &mut FieldParser<'_>,
    placed: &PlacedPlan,
    rollout: &Rollout,
    position: Position,
) {
    let plan = &placed.plan;
    check_stage_names(parser, placed);
    let mut before: Option<&PlanStage> = None;
    for (stage, position) in plan.stages.iter().zip(&placed.stage_positions) {
        if let Some(before) = before {
            check_growth(parser, before, stage, *position);
        }
        check_units(parser, stage, *position);
        check_guardrail_names(parser, plan, stage, placed, *position);
        before = Some(stage);
    }
    check_measurements(parser, placed);
    check_release(parser, placed, rollout);
    check_ramp(parser, plan, rollout, position);
}

fn check_stage_names(parser: &mut FieldParser<'_>, placed: &PlacedPlan) {
    let mut known = BTreeSet::new();
    for (stage, position) in placed.plan.stages.iter().zip(&placed.stage_positions) {
        if !known.insert(&stage.name) {
            let what = format!("has two stages named `{}`", stage.name);
            let help = "give each stage a name of its own: approvals and commands refer to it";
            parser.report_invalid(*position, STAGES, what, help);
        }
    }
}

/// Reports a stage that takes the release from somebody.
fn check_growth(
    parser: &mut FieldParser<'_>,
    before: &PlanStage,
    stage: &PlanStage,
    position: Position,
) {
    let name = &stage.name;
    let lost = |rings: &Exposure| {
        let mut rings = rings.rings.iter();
        rings
            .find(|ring| !stage.exposure.rings.contains(ring))
            .cloned()
    };
    if let Some(ring) = lost(&before.exposure) {
        let what = format!("has a stage `{name}` without the ring `{ring}` of the stage before");
        let help = format!("add `{ring}` to its `rings`, or remove `rings` to keep those before");
        parser.report_invalid(position, STAGES, what, &help);
    }
    if let Some((place, from, to)) = shrunk_share(&before.exposure, &stage.exposure) {
        let what = format!("has a stage `{name}` that lowers {place} from {from} to {to}");
        let help = "stages grow; a plan is taken back by `rollback`";
        parser.report_invalid(position, STAGES, what, help);
    }
    if before.exposure == stage.exposure {
        let what = format!("has a stage `{name}` with the exposure of the stage before");
        let help = "raise its percentage or add a ring, or lengthen the `hold` of the stage before";
        parser.report_no_effect(position, STAGES, &what, help);
    }
}

/// A share that is lower than before, and where.
fn shrunk_share(before: &Exposure, after: &Exposure) -> Option<(String, Percentage, Percentage)> {
    let all = before.regions.iter().chain(&after.regions);
    let names = all
        .flat_map(|region| &region.names)
        .map(|name| Some(&**name));
    let mut places = std::iter::once(None).chain(names);
    places.find_map(|region| {
        let (from, to) = (before.share_of(region), after.share_of(region));
        let place = || match region {
            Some(name) => format!("the share of region `{name}`"),
            None => "the percentage".to_owned(),
        };
        (to < from).then(|| (place(), from, to))
    })
}

/// Reports a number of units that nobody counts.
fn check_units(parser: &mut FieldParser<'_>, stage: &PlanStage, position: Position) {
    let share = stage.exposure.largest_share();
    if share == Percentage::NONE && stage.units.is_some_and(|units| units > 0) {
        let what = format!(
            "has a stage `{}` at 0 % with `units`, which can never be met",
            stage.name
        );
        let help = "remove `units`: only units of the share are counted, not those of rings";
        parser.report_invalid(position, STAGES, what, help);
    }
}

fn check_guardrail_names(
    parser: &mut FieldParser<'_>,
    plan: &RolloutPlan,
    stage: &PlanStage,
    placed: &PlacedPlan,
    position: Position,
) {
    let mut known = BTreeSet::new();
    let all = plan.guardrails.iter().chain(&stage.guardrails);
    for guardrail in all {
        if !known.insert(&guardrail.name) {
            let of_guardrail = placed.guardrail_positions.iter().rev();
            let mut of_guardrail = of_guardrail.filter(|(_, known)| known == guardrail);
            let position = of_guardrail.next().map_or(position, |(at, _)| *at);
            let what = format!("has two guardrails named `{}`", guardrail.name);
            parser.report_invalid(position, GUARDRAILS, what, "give each a name of its own");
            return;
        }
    }
}

/// Reports a guardrail that no stage can measure.
fn check_measurements(parser: &mut FieldParser<'_>, placed: &PlacedPlan) {
    let stages = &placed.plan.stages;
    for (position, guardrail) in &placed.guardrail_positions {
        let mut shares = stages.iter().map(|stage| stage.exposure.largest_share());
        if !stages.is_empty() && !shares.any(|share| guardrail.applies_at(share)) {
            let what = format!(
                "has an item `{}` that can never be measured",
                guardrail.name
            );
            let help = if guardrail.is_comparison() {
                "add a stage between 0 and 100 %: only there some units get the release and others do not"
            } else {
                "add a stage above 0 %: units of rings are not measured"
            };
            parser.report_invalid(*position, GUARDRAILS, what, help);
        }
    }
}

/// Reports stages that name a variant of a rollout with several.
fn check_release(parser: &mut FieldParser<'_>, placed: &PlacedPlan, rollout: &Rollout) {
    if let (Release::Split(_), Some(position)) =
        (&rollout.release, placed.variant_positions.first())
    {
        let what = "has a stage with `variant`, but the rollout has a `split`";
        parser.report_invalid(*position, STAGES, what, "remove `variant`");
    }
}

/// Reports a ramp beside a plan: it grows by the clock alone.
fn check_ramp(
    parser: &mut FieldParser<'_>,
    plan: &RolloutPlan,
    rollout: &Rollout,
    position: Position,
) {
    if rollout.ramp.is_none() {
        return;
    }
    if plan.is_gated() {
        let what =
            "stands beside a `ramp`, which grows by the clock alone, whatever the guardrails say";
        let help = "remove `ramp`; for equal steps with gates write `template: linear`";
        parser.report_invalid(position, "rollout.plan", what, help);
        return;
    }
    let message = format!(
        "`rollout.ramp` of flag `{}` ends when the plan starts",
        parser.flag
    );
    let help = "remove `ramp` or `plan`";
    parser.report.warn(Code::NoEffect, position, message, help);
}
