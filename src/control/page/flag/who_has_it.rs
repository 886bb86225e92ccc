//! Who has a flag, in sentences.

use maud::Markup;
use maud::html;

use crate::analysis::format;
use crate::control::page::flag::exposure;
use crate::control::page::flag::exposure::FlagExposure;
use crate::control::page::html::text;
use crate::document::rollout::fields::Release;
use crate::document::rollout::fields::Rollout;
use crate::document::rollout::fields::RolloutFields;
use crate::ruleset::CompiledFlag;

/// The most targeting keys that are named.
const MAX_KEYS: usize = 10;
/// The most characters of a condition.
const MAX_CONDITION: usize = 500;

/// The sentences.
pub fn list(flag: &CompiledFlag, exposure: FlagExposure) -> Markup {
    let lines = match exposure {
        FlagExposure::Killed => vec![format!("Everybody gets {}.", killed_variant(flag))],
        FlagExposure::Disabled => {
            vec!["Nobody: the flag is disabled, so everybody gets the default in the code.".into()]
        }
        FlagExposure::Faulty => {
            vec![
                "Nobody: its definition has an error, so everybody gets the default in the code."
                    .into(),
            ]
        }
        FlagExposure::Same => vec![format!("Everybody gets {}.", default_variant(flag))],
        FlagExposure::Rule => vec![format!(
            "A rule in its file decides. Everybody whom the rule does not select gets {}.",
            default_variant(flag)
        )],
        FlagExposure::RollingOut | FlagExposure::Complete => flag
            .rollout_fields()
            .map_or_else(Vec::new, |fields| of_rollouts(flag, fields)),
    };
    html! { ul { @for line in lines { li { (line) } } } }
}

/// The variant or variants of a rollout.
pub fn release_name(rollout: &Rollout) -> String {
    match &rollout.release {
        Release::Variant(name) => format!("“{name}”"),
        Release::Split(parts) => {
            let names = parts
                .iter()
                .map(|(name, weight)| format!("“{name}” ({weight})"));
            format!("one of {}", names.collect::<Vec<_>>().join(", "))
        }
    }
}

fn of_rollouts(flag: &CompiledFlag, fields: &RolloutFields) -> Vec<String> {
    let mut lines: Vec<String> = fields
        .requires
        .iter()
        .map(|required| {
            format!(
                "Only those for whom flag “{}” is “{}”. Everybody else gets {}.",
                required.flag,
                required.variant,
                default_variant(flag)
            )
        })
        .collect();
    lines.extend(fields.rollouts.iter().flat_map(of_rollout));
    let otherwise = match &fields.targeting {
        Some(_) => format!(
            "For everybody else, a rule in its file decides. Those whom it does not select get {}.",
            default_variant(flag)
        ),
        None => format!("Everybody else gets {}.", default_variant(flag)),
    };
    lines.push(otherwise);
    lines
}

fn of_rollout(rollout: &Rollout) -> Vec<String> {
    let release = release_name(rollout);
    let unit = rollout.bucketing.bucket_by.as_deref();
    let unit = unit.map_or("users".to_owned(), |name| format!("units, by “{name}”,"));
    let share = exposure::share_now(rollout);
    let mut lines = Vec::new();
    let mut add = |names: &[ecow::EcoString], words: &str| {
        if !names.is_empty() {
            lines.push(format!("{words}: {}.", names.join(", ")));
        }
    };
    add(
        &rollout.rings,
        &format!("Everybody in these rings gets {release}"),
    );
    add(
        &rollout.segments,
        &format!("Everybody in these segments gets {release}"),
    );
    add(
        named(&rollout.allow),
        &format!("{} always get {release}", people(&rollout.allow)),
    );
    add(
        named(&rollout.deny),
        &format!("{} never get {release}", people(&rollout.deny)),
    );
    lines.extend(rollout.regions.iter().map(|region| {
        format!(
            "In the region {}, {} of {unit} get {release}.",
            region.names.join(", "),
            region.percentage
        )
    }));
    lines.push(format!("{share} of all other {unit} get {release}."));
    if let Some(ramp) = &rollout.ramp {
        let [from, to] =
            [ramp.from, ramp.to].map(crate::document::rollout::timestamp::format_rfc3339);
        let direction = if ramp.reverse { "falls" } else { "grows" };
        lines.push(format!(
            "The share {direction} by itself between {from} and {to}, with {} at its highest.",
            rollout.percentage
        ));
    }
    if let Some(condition) = &rollout.when {
        let condition = text::shorten(&format::format_condition(condition), MAX_CONDITION);
        lines.push(format!("All of this only for those with: {condition}."));
    }
    lines
}

fn named(keys: &[ecow::EcoString]) -> &[ecow::EcoString] {
    keys.get(..MAX_KEYS).unwrap_or(keys)
}

fn people(keys: &[ecow::EcoString]) -> String {
    let shown = if keys.len() > MAX_KEYS {
        format!(", of whom {MAX_KEYS} are named here,")
    } else {
        String::new()
    };
    format!("{}{shown}", text::counted(keys.len() as u64, "listed user"))
}

fn default_variant(flag: &CompiledFlag) -> String {
    let name = flag
        .default_variant
        .and_then(|index| flag.variant_names.get(usize::from(index)));
    name.map_or_else(
        || "the default in the code".to_owned(),
        |name| format!("“{name}”"),
    )
}

fn killed_variant(flag: &CompiledFlag) -> String {
    let fields = flag.rollout_fields();
    let safe = fields.and_then(|fields| fields.safe_variant.as_ref());
    match safe {
        Some(name) => format!("“{name}”, which is the safe variant"),
        None => default_variant(flag),
    }
}
