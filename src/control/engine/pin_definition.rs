//! Pins a definition: hashes what makes the cohorts of a rollout, and its plan.

use serde_json::json;

use crate::control::engine::pin::DefinitionPin;
use crate::control::engine::pin::hash;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::fields::Release;
use crate::document::rollout::fields::Rollout;
use crate::document::serialize;

/// The pin of a rollout of a flag; `None` if there is no such rollout or it has no plan.
pub fn pin_of(flag: &FlagDefinition, index: usize) -> Option<DefinitionPin> {
    let fields = flag.rollout_fields.as_deref()?;
    let rollout = fields.rollouts.get(index)?;
    let plan = serde_json::to_string(rollout.plan.as_deref()?).ok()?;
    Some(DefinitionPin {
        cohort: hash(&cohort_text(flag, rollout)),
        plan: hash(&plan),
    })
}

/// Everything that determines the cohorts, as canonical text.
fn cohort_text(flag: &FlagDefinition, rollout: &Rollout) -> String {
    let bucketing = &rollout.bucketing;
    let variants = flag.variants.iter();
    let variants: Vec<String> = variants
        .map(|(name, value)| format!("{name:?}: {value:?}"))
        .collect();
    let release = match &rollout.release {
        Release::Variant(name) => json!(name.as_str()),
        Release::Split(shares) => {
            let shares = shares
                .iter()
                .map(|(name, weight)| json!([name.as_str(), weight]));
            shares.collect()
        }
    };
    let when = rollout.when.as_ref().map(serialize::to_pretty_json);
    let seed = bucketing.seed.as_ref().unwrap_or(&flag.key);
    json!([
        variants,
        release,
        seed.as_str(),
        bucketing.unit_attribute(),
        bucketing.dialect.name(),
        when
    ])
    .to_string()
}
