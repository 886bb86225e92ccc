//! The percentage of a rollout for one context as text: the field that determines it, and the bucket of the unit.

use bumpalo::Bump;

use crate::analysis::format;
use crate::analysis::model::bucketing;
use crate::analysis::model::owned_context::OwnedContext;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::Rollout;
use crate::document::rollout::bucketing::BucketingDialect;
use crate::document::rollout::expand::percentage_condition;
use crate::document::rollout::jsonlogic_builder;
use crate::document::rollout::percentage::Percentage;
use crate::number;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::coerce;
use crate::value::OwnedValue;

/// The percentage that applies to a context.
#[derive(Debug)]
pub struct PercentageTrace {
    /// The field, for instance `rollout.percentage`.
    pub field: String,
    /// True if the unit is within the percentage.
    pub is_included: bool,
    /// The field, the percentage and the bucket as text.
    pub text: String,
}

/// Traces the percentage of a rollout, whose path in the flag is `name`.
pub fn trace_percentage(
    name: &str,
    rollout: &Rollout,
    flag: &FlagDefinition,
    context: &OwnedContext,
) -> PercentageTrace {
    let condition = percentage_condition::percentage_condition(rollout).into_node(rollout.position);
    let value = context.evaluate_node(&condition, &flag.key);
    let is_included = value.is_some_and(|value| coerce::is_truthy(value.to_value(&Bump::new())));
    let (field, share) = applicable_share(name, rollout, context);
    let percent = format::format_value(&OwnedValue::Number(share.percent()));
    let text = if share == Percentage::NONE {
        format!("`{field}` {percent} %: no unit is included")
    } else if share == Percentage::ALL {
        format!("`{field}` {percent} %: every unit is included")
    } else {
        let bucket = bucket(rollout, flag, context);
        let side = if is_included { "inside" } else { "outside" };
        format!("`{field}` {percent} %: {bucket} is {side}")
    };
    PercentageTrace {
        field,
        is_included,
        text,
    }
}

/// The field that determines the percentage for a context, and the percentage.
fn applicable_share(name: &str, rollout: &Rollout, context: &OwnedContext) -> (String, Percentage) {
    let region = rollout.regions.iter().find(|region| {
        let own = context.value_at_path("region");
        matches!(&own, OwnedValue::Text(own) if region.names.contains(own))
    });
    match (region, rollout.ramp) {
        (Some(region), _) => (format!("{name}.regions"), region.percentage),
        (None, Some(ramp)) => {
            let now = number::truncate_to_i64(context.seconds.unwrap_or(0.0));
            (
                format!("{name}.ramp"),
                ramp.share_at(rollout.percentage, now),
            )
        }
        (None, None) => (format!("{name}.percentage"), rollout.percentage),
    }
}

/// The bucket of the unit as text.
fn bucket(rollout: &Rollout, flag: &FlagDefinition, context: &OwnedContext) -> String {
    let bucketing = &rollout.bucketing;
    let attribute = bucketing.unit_attribute();
    let unit = context.value_at_path(attribute);
    if !coerce::is_truthy(unit.to_value(&Bump::new())) {
        return format!("a context without `{attribute}`");
    }
    let unit_text = format::format_value(&unit);
    let explained = bucketing.dialect == BucketingDialect::FlagdMurmur3
        && context.fractional_version == FractionalVersion::V2;
    if !explained {
        return format!("the bucket of {attribute} {unit_text}");
    }
    let parts = vec![
        percentage_condition::seed_node(bucketing, rollout.position),
        jsonlogic_builder::var(rollout.position, attribute),
    ];
    let key = jsonlogic_builder::operation(rollout.position, "cat", parts);
    let Some(OwnedValue::Text(key)) = context.evaluate_node(&key, &flag.key) else {
        return format!("the bucket of {attribute} {unit_text}");
    };
    let percentile = bucketing::hash_percentile(bucketing::bucketing_hash(&key).into());
    format!("bucket {percentile:.3} % of {attribute} {unit_text}")
}
