//! All allocations of a flag: those of its rollouts and those of its rule.

use std::hash::Hasher;

use crate::document::flag::FlagDefinition;
use crate::fingerprint;
use crate::stickiness::allocation::Allocation;
use crate::stickiness::allocation::AllocationId;
use crate::stickiness::fractional_allocation::collect_fractionals;
use crate::stickiness::rollout_allocation::rollout_allocations;

/// The allocations of a flag at a time in seconds since 1970.
pub fn allocations_at(flag: &FlagDefinition, now: i64) -> Vec<Allocation> {
    let mut all = Vec::new();
    let fields = flag.rollout_fields.as_deref();
    for (index, rollout) in fields
        .iter()
        .flat_map(|fields| fields.rollouts.iter().enumerate())
    {
        all.extend(rollout_allocations(flag, index, rollout, now));
    }
    let targeting = match fields {
        Some(fields) => fields.targeting.as_ref(),
        None => flag.targeting.as_ref(),
    };
    let mut rules = Vec::new();
    let mut skeleton = fingerprint::hasher();
    if let Some(targeting) = targeting {
        collect_fractionals(flag, targeting, &mut skeleton, &mut rules);
    }
    let skeleton = skeleton.finish();
    // A single `fractional` has the id of a rollout, because a later edit may replace the rule by a rollout.
    let only_split = all.is_empty() && rules.len() == 1;
    for (index, allocation) in rules.iter_mut().enumerate() {
        allocation.id = if only_split {
            AllocationId::Rollout(0, None)
        } else {
            AllocationId::Rule(index, skeleton)
        };
    }
    all.extend(rules);
    all
}
