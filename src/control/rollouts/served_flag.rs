//! The definition that serves an exposure, with the end of its lease.

use std::sync::Arc;

use crate::control::engine::effect::Served;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::fields::Rollout;
use crate::document::rollout::jsonlogic_builder;
use crate::stickiness::plan::at_exposure;

/// The flag while this is served by its rollout at an index. After the lease, its users get what everybody else gets.
pub fn served_flag(
    flag: &FlagDefinition,
    index: usize,
    served: &Served,
    lease_until_ms: Option<u64>,
) -> FlagDefinition {
    let exposure = match served {
        Served::Release(exposure) => exposure,
        Served::Safe => return killed(flag),
    };
    let mut flag = at_exposure(flag, index, exposure);
    if let (Some(until_ms), Some(fields)) = (lease_until_ms, &mut flag.rollout_fields)
        && let Some(rollout) = Arc::make_mut(fields).rollouts.get_mut(index)
    {
        end_at(rollout, until_ms);
    }
    flag
}

/// The flag that serves the safe variant to everybody.
fn killed(flag: &FlagDefinition) -> FlagDefinition {
    let mut flag = flag.clone();
    if let Some(fields) = &mut flag.rollout_fields {
        Arc::make_mut(fields).kill_position = Some(flag.position);
    }
    flag
}

/// Adds the end of a lease to the condition of a rollout. Plain flagd evaluates it as well.
fn end_at(rollout: &mut Rollout, until_ms: u64) {
    let position = rollout.position;
    let until = i64::try_from(until_ms / 1000).unwrap_or(i64::MAX);
    let now = jsonlogic_builder::var(position, "$flagd.timestamp");
    let end = jsonlogic_builder::number(position, until);
    let is_leased = jsonlogic_builder::operation(position, "<", vec![now, end]);
    rollout.when = Some(match rollout.when.take() {
        Some(when) => jsonlogic_builder::operation(position, "and", vec![is_leased, when]),
        None => is_leased,
    });
}
