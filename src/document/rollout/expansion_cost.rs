//! Charges the size of expanded rollout rules to the document's copy budget.

use std::sync::Arc;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::fields::RolloutFields;
use crate::document::syntax_tree::Node;

/// The maximum number of values in the rule of one stage of a ramp.
const VALUES_PER_RAMP_STAGE: usize = 24;

/// Charges the expansion of a flag to `budget`; if the budget is exceeded, the rollouts are dropped with an error.
pub fn charge_expansion(
    flag: &mut FlagDefinition,
    budget: &mut usize,
    report: &mut DiagnosticSink,
) {
    let Some(fields) = &mut flag.rollout_fields else {
        return;
    };
    if let Some(left) = budget.checked_sub(expansion_cost(fields)) {
        *budget = left;
        return;
    }
    let fields = Arc::make_mut(fields);
    fields.rollouts.clear();
    fields.faulty = true;
    let message = format!(
        "the rings and ramps of flag `{}` make the document too large",
        flag.key
    );
    let help = "use fewer rings, or fewer steps per ramp";
    report.error(Code::LimitExceeded, flag.position, message, help);
}

/// The number of values that expansion adds: the conditions of rings, and the stages of ramps.
fn expansion_cost(fields: &RolloutFields) -> usize {
    let rings = fields.rollouts.iter().flat_map(|rollout| &rollout.rings);
    let rings = rings.filter_map(|name| fields.rings.find(name)?.condition.as_ref());
    let ramps = fields.rollouts.iter().filter_map(|rollout| {
        let stages = rollout.ramp?.stages(rollout.percentage).1;
        Some(stages.len() * VALUES_PER_RAMP_STAGE)
    });
    rings.map(Node::size).chain(ramps).sum()
}
