//! Proof that a plan is sticky: each stage, and each way back, compared with the stage before as an edit is.

use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::percentage::Percentage;
use crate::document::rollout::plan::exposure::Exposure;
use crate::document::rollout::plan::rollout_exposure::write_exposure;
use crate::stickiness::flag_violations;

/// 99 %, the largest share below 100 % of dialects with 100 buckets.
const ALMOST_ALL: Percentage = Percentage::from_thousandths(99_000);

/// The stickiness violations of the plans of a flag, each once: of every step up, of every step back, and of the way from
/// every stage to 0 %.
pub fn plan_violations(flag: &FlagDefinition, now: i64) -> Vec<Diagnostic> {
    let fields = flag.rollout_fields.as_deref();
    let rollouts = fields.map_or(&[][..], |fields| &fields.rollouts);
    let mut found: Vec<Diagnostic> = Vec::new();
    for (index, rollout) in rollouts.iter().enumerate() {
        let Some(plan) = &rollout.plan else {
            continue;
        };
        let mut before: Option<Exposure> = None;
        for stage in &plan.stages {
            // The way from everybody to nobody, or back, is no replacement of one variant by another.
            let exposure = stage.exposure.limited_to(ALMOST_ALL);
            let nobody = exposure.limited_to(Percentage::NONE);
            let start = before.as_ref().unwrap_or(&nobody);
            for (from, to) in [(start, &exposure), (&exposure, start), (&exposure, &nobody)] {
                let (from, to) = (at_exposure(flag, index, from), at_exposure(flag, index, to));
                found.extend(flag_violations(&from, &to, now));
            }
            before = Some(exposure);
        }
    }
    let mut reported = Vec::new();
    found.retain(|violation| {
        let is_new = !reported.contains(&violation.code);
        reported.push(violation.code);
        is_new
    });
    found
}

/// The flag with an exposure in place of that of its rollout.
pub fn at_exposure(flag: &FlagDefinition, index: usize, exposure: &Exposure) -> FlagDefinition {
    let mut flag = flag.clone();
    if let Some(fields) = &mut flag.rollout_fields
        && let Some(rollout) = Arc::make_mut(fields).rollouts.get_mut(index)
    {
        write_exposure(exposure, rollout);
    }
    flag
}
