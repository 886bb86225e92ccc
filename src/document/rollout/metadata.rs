//! Flag metadata from rollout fields: the lifecycle members, and the rollout phase as text.

use crate::document::flag::FlagDefinition;
use crate::document::rollout::fields::Release;
use crate::document::rollout::fields::Rollout;
use crate::document::rollout::fields::RolloutFields;
use crate::document::rollout::ramp::RampShape;
use crate::document::rollout::ring::Rings;
use crate::document::rollout::timestamp;
use crate::value::OwnedMap;
use crate::value::OwnedValue;

/// The lifecycle metadata of a flag, and `rollout` unless the flag's metadata has that key.
pub fn rollout_metadata(flag: &FlagDefinition, fields: &RolloutFields) -> OwnedMap {
    let mut all = fields.lifecycle.metadata.clone();
    let phase = rollout_phase(fields);
    let own = |name: &str| flag.metadata.iter().any(|(known, _)| **known == *name);
    if let Some(phase) = phase
        && !own("rollout")
    {
        all.push(("rollout".into(), OwnedValue::Text(phase.into())));
    }
    all.into()
}

/// The phase of the rollouts of a flag, for instance `ring 2 of 4, 25 %`.
pub fn rollout_phase(fields: &RolloutFields) -> Option<String> {
    if fields.kill_position.is_some() {
        return Some("killed".to_owned());
    }
    let many = fields.rollouts.len() > 1;
    let phases = fields
        .rollouts
        .iter()
        .map(|rollout| match &rollout.release {
            Release::Variant(name) if many => {
                format!("{name}: {}", single_rollout_phase(rollout, &fields.rings))
            }
            Release::Variant(_) | Release::Split(_) => single_rollout_phase(rollout, &fields.rings),
        });
    let phases: Vec<String> = phases.collect();
    (!phases.is_empty()).then(|| phases.join("; "))
}

fn single_rollout_phase(rollout: &Rollout, rings: &Rings) -> String {
    let mut parts = Vec::new();
    let names = rollout.rings.iter();
    let outermost = names.filter_map(|name| rings.rings.iter().position(|ring| ring.name == *name));
    match outermost.max() {
        Some(at) => parts.push(format!("ring {} of {}", at + 1, rings.rings.len())),
        None if rollout.rings.is_empty() => {}
        None => parts.push(format!("rings {}", rollout.rings.join(", "))),
    }
    for region in &rollout.regions {
        parts.push(format!("{} {}", region.names.join("/"), region.percentage));
    }
    parts.push(describe_percentage(rollout));
    parts.join(", ")
}

fn describe_percentage(rollout: &Rollout) -> String {
    let Some(ramp) = rollout.ramp else {
        return rollout.percentage.to_string();
    };
    let full = rollout.percentage.percent();
    let (start, end) = if ramp.reverse {
        (full, 0.0)
    } else {
        (0.0, full)
    };
    let shape = match ramp.shape {
        RampShape::Linear(_) => "",
        RampShape::Doubling => " doubling",
    };
    let (from, to) = (
        timestamp::format_rfc3339(ramp.from),
        timestamp::format_rfc3339(ramp.to),
    );
    format!("{start} % to {end} %{shape} from {from} to {to}")
}
