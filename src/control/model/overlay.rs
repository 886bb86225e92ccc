//! Overlays the state on authored flags: the result is what is served.

use std::collections::BTreeSet;
use std::sync::Arc;

use ecow::EcoString;

use crate::control::model::environment_state::EnvironmentState;
use crate::control::model::flag_state::FlagState;
use crate::control::model::flag_state::Kill;
use crate::control::model::flag_state::RolloutOverride;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::fields::Rollout;
use crate::document::rollout::fields::RolloutFields;
use crate::document::rollout::percentage::Percentage;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset;
use crate::ruleset::CompiledFlag;
use crate::ruleset::Ruleset;

/// The effective flags, and the overrides that have no effect because the authored flags have changed.
#[derive(Debug)]
pub struct Overlaid {
    /// The flags to serve.
    pub ruleset: Ruleset,
    /// One sentence for each override without effect.
    pub findings: Vec<String>,
}

/// Returns the effective flags of an environment.
pub fn overlay(flags: &[Arc<CompiledFlag>], state: &EnvironmentState) -> Overlaid {
    let mut findings = Vec::new();
    let effective: Vec<Arc<CompiledFlag>> = flags
        .iter()
        .map(|flag| match state.flags.get(&*flag.key) {
            Some(decided) => overlay_flag(flag, decided, &mut findings),
            None => flag.clone(),
        })
        .collect();
    let keys: BTreeSet<&str> = flags.iter().map(|flag| &*flag.key).collect();
    let gone = state
        .flags
        .keys()
        .filter(|key| !keys.contains(key.as_str()));
    findings.extend(gone.map(|key| {
        format!("flag `{key}` was removed from its file; its overrides have no effect")
    }));
    Overlaid {
        ruleset: Ruleset::merge_layers([&effective]),
        findings,
    }
}

fn overlay_flag(
    flag: &Arc<CompiledFlag>,
    decided: &FlagState,
    findings: &mut Vec<String>,
) -> Arc<CompiledFlag> {
    if decided.killed.is_none() && decided.rollouts.is_empty() {
        return flag.clone();
    }
    let mut definition = flag.to_definition_or_faulty();
    let written = flag.unexpanded_definition.as_ref();
    let version = written.map_or(FractionalVersion::default(), |w| w.fractional_version);
    let fields = definition.rollout_fields.take();
    let mut fields = fields.map(Arc::unwrap_or_clone);
    match &mut fields {
        Some(fields) => override_rollouts(&flag.key, fields, decided, findings),
        // A paused flag may come from the store, where its rollout is expanded: the overrides are in its rule.
        None if decided.paused.is_none() && !decided.rollouts.is_empty() => {
            findings.push(no_rollout(&flag.key, 0));
        }
        None => {}
    }
    if let Some(kill) = &decided.killed {
        let fields = fields.get_or_insert_with(RolloutFields::default);
        apply_kill(&definition, fields, kill);
    }
    definition.rollout_fields = fields.map(Arc::new);
    Arc::new(ruleset::compile_flag(definition, version))
}

fn override_rollouts(
    key: &str,
    fields: &mut RolloutFields,
    decided: &FlagState,
    findings: &mut Vec<String>,
) {
    let rings: BTreeSet<String> = fields.rings.names().map(ToOwned::to_owned).collect();
    let (placed, lost) = decided.place(&fields.rollouts);
    findings.extend(lost.into_iter().map(|index| no_rollout(key, index)));
    for (index, overridden) in placed {
        if let Some(rollout) = fields.rollouts.get_mut(index) {
            override_rollout(key, rollout, overridden, &rings, findings);
        }
    }
}

fn no_rollout(key: &str, index: usize) -> String {
    format!("flag `{key}` has no rollout {index} any more; its overrides have no effect")
}

fn override_rollout(
    key: &str,
    rollout: &mut Rollout,
    overridden: &RolloutOverride,
    rings: &BTreeSet<String>,
    findings: &mut Vec<String>,
) {
    let percentage = overridden.percentage.map(Percentage::from_percent);
    if let Some(Ok(percentage)) = percentage {
        rollout.percentage = percentage;
        // The overridden percentage is constant: without this line, the ramp would replace it.
        rollout.ramp = None;
    }
    let names = |list: &[String]| list.iter().map(EcoString::from).collect::<Vec<_>>();
    if let Some(chosen) = &overridden.rings {
        let (known, unknown): (Vec<_>, Vec<_>) = chosen
            .iter()
            .cloned()
            .partition(|name| rings.contains(name));
        rollout.rings = names(&known);
        findings.extend(unknown.iter().map(|name| {
            format!("the ring `{name}` is not defined any more; flag `{key}` is not released to it")
        }));
    }
    if let Some(allow) = &overridden.allow {
        rollout.allow = names(allow);
    }
    if let Some(deny) = &overridden.deny {
        rollout.deny = names(deny);
    }
}

/// Serves the variant that was the safe one at the time of the kill, if the flag still has it; otherwise the safe
/// variant that is declared now.
fn apply_kill(definition: &FlagDefinition, fields: &mut RolloutFields, kill: &Kill) {
    fields.kill_position = Some(definition.position);
    let has = |name: &str| {
        definition
            .variants
            .iter()
            .any(|(known, _)| **known == *name)
    };
    if let Some(variant) = kill.variant.as_deref().filter(|name| has(name)) {
        fields.safe_variant = Some(variant.into());
    }
    fields.targeting.clone_from(&definition.targeting);
}
