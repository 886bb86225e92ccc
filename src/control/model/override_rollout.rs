//! Overrides fields of a flag's rollout, if the authored flag allows it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::control::model::flag_state::FlagState;
use crate::control::model::flag_state::RolloutOverride;
use crate::control::model::refusal::Refusal;
use crate::diag;
use crate::document::rollout::fields::Rollout;
use crate::document::rollout::percentage::Percentage;
use crate::ruleset::CompiledFlag;

/// The most entries of a list of targeting keys or rings.
const MAX_LIST: usize = 10_000;
/// The longest targeting key or name of a ring, in bytes.
const MAX_NAME: usize = 1024;

/// Overrides fields of a rollout, or drops overrides.
///
/// # Errors
/// If the flag has no such rollout, or a value is invalid.
pub fn override_rollout(
    decided: &mut FlagState,
    flag: &CompiledFlag,
    rollout: Option<usize>,
    reset: bool,
    fields: &RolloutOverride,
) -> Result<(), Refusal> {
    let (count, rings) = rollouts_and_rings(flag);
    let key = || flag.key.to_string();
    if reset && fields.is_empty() {
        // Also those of rollouts that the file no longer has.
        match rollout {
            Some(index) => drop(decided.rollouts.remove(&index)),
            None => decided.rollouts.clear(),
        }
        return Ok(());
    }
    let index = match (rollout, count) {
        (Some(index), _) if index < count => index,
        (None, 1) => 0,
        (None, 2..) => return Err(Refusal::WhichRollout { key: key(), count }),
        _ => {
            let line = flag.source_location.0.line;
            let place = format!("{}:{line}", flag.file);
            return Err(Refusal::NoRollout {
                key: key(),
                place,
                count,
            });
        }
    };
    validate(fields, &rings)?;
    let authored = flag.rollout_fields();
    let rollouts = authored.map_or(&[][..], |fields| &fields.rollouts);
    place_overrides(decided, rollouts);
    let mut overridden = decided.rollouts.remove(&index).unwrap_or_default();
    if reset {
        overridden = RolloutOverride::default();
    }
    overridden.merge(fields.clone());
    let released = rollouts
        .get(index)
        .map(|rollout| rollout.release.variants());
    overridden.of = released.into_iter().flatten().map(Into::into).collect();
    if !overridden.is_empty() {
        decided.rollouts.insert(index, overridden);
    }
    Ok(())
}

/// The number of rollouts in the authored flag, and the names of the rings that it may use.
fn rollouts_and_rings(flag: &CompiledFlag) -> (usize, BTreeSet<&str>) {
    let fields = flag.rollout_fields();
    fields.map_or((0, BTreeSet::new()), |fields| {
        (fields.rollouts.len(), fields.rings.names().collect())
    })
}

/// Moves overrides to the present index of their rollouts. Those whose rollout is gone stay if their index is free.
fn place_overrides(decided: &mut FlagState, rollouts: &[Rollout]) {
    let (placed, lost) = decided.place(rollouts);
    let placed = placed.into_iter();
    let mut moved: BTreeMap<usize, RolloutOverride> = placed.map(|(i, o)| (i, o.clone())).collect();
    for index in lost {
        let overridden = decided.rollouts.get(&index).cloned().unwrap_or_default();
        moved.entry(index).or_insert(overridden);
    }
    decided.rollouts = moved;
}

/// Checks the values of overridden fields.
fn validate(fields: &RolloutOverride, rings: &BTreeSet<&str>) -> Result<(), Refusal> {
    if let Some(percent) = fields.percentage {
        Percentage::from_percent(percent).map_err(|(what, help)| Refusal::Invalid {
            field: "percentage",
            why: format!("{what}: {help}"),
        })?;
    }
    for (field, list) in [
        ("rings", &fields.rings),
        ("allow", &fields.allow),
        ("deny", &fields.deny),
    ] {
        let list = list.as_deref().unwrap_or_default();
        validate_list(field, list)?;
    }
    let unknown = fields.rings.iter().flatten();
    let unknown = unknown
        .into_iter()
        .find(|name| !rings.contains(name.as_str()));
    unknown.map_or(Ok(()), |name| Err(unknown_ring(name, rings)))
}

fn validate_list(field: &'static str, list: &[String]) -> Result<(), Refusal> {
    let why = if list.len() > MAX_LIST {
        format!("has {} entries; at most {MAX_LIST} are allowed", list.len())
    } else if let Some(long) = list.iter().find(|name| name.len() > MAX_NAME) {
        let length = long.len();
        format!("has an entry of {length} bytes; at most {MAX_NAME} are allowed")
    } else if list.iter().any(String::is_empty) {
        "has an empty entry: remove it".to_owned()
    } else {
        return Ok(());
    };
    Err(Refusal::Invalid { field, why })
}

fn unknown_ring(name: &str, rings: &BTreeSet<&str>) -> Refusal {
    let known = rings.iter().copied();
    let why = match diag::closest_match(name, known) {
        Some(meant) => format!("has no ring `{name}`: did you mean `{meant}`?"),
        None if rings.is_empty() => {
            format!("names `{name}`, but the flag file defines no `rings`")
        }
        None => {
            let known: Vec<&str> = rings.iter().copied().collect();
            format!("has no ring `{name}`; there are {}", known.join(", "))
        }
    };
    Refusal::Invalid {
        field: "rings",
        why,
    }
}
