//! The condition that a unit is within the percentage of a rollout: buckets, regions and ramps.

use crate::diag::Position;
use crate::document::rollout::bucketing;
use crate::document::rollout::bucketing::Bucketing;
use crate::document::rollout::bucketing::BucketingDialect;
use crate::document::rollout::expand::folded_condition::FoldedCondition;
use crate::document::rollout::fields::Rollout;
use crate::document::rollout::jsonlogic_builder;
use crate::document::rollout::percentage::Percentage;
use crate::document::rollout::ramp::Ramp;
use crate::document::syntax_tree::Node;

/// Returns true if plain flagd can compute the percentages of a rollout.
pub fn is_portable(rollout: &Rollout) -> bool {
    let shares = rollout.regions.iter().map(|region| region.percentage);
    let mut shares = shares.chain([rollout.percentage]);
    let trivial = |share| share == Percentage::NONE || share == Percentage::ALL;
    let constant = rollout.ramp.is_none() && shares.all(trivial);
    constant || !rollout.bucketing.dialect.is_not_flagd()
}

/// The condition that a unit is within the percentage of its region, or within `percentage` in all other regions.
pub fn percentage_condition(rollout: &Rollout) -> FoldedCondition {
    let position = rollout.position;
    let hashed = |share| bucket_condition(share, &rollout.bucketing, position);
    let base = match rollout.ramp {
        Some(ramp) => ramp_condition(ramp, rollout, &hashed),
        None => hashed(rollout.percentage),
    };
    if rollout.regions.is_empty() {
        return base;
    }
    let mut arguments = Vec::new();
    for region in &rollout.regions {
        arguments.push(jsonlogic_builder::attribute_equals_any(
            region.position,
            "region",
            &region.names,
        ));
        arguments.push(hashed(region.percentage).into_node(region.position));
    }
    arguments.push(base.into_node(position));
    FoldedCondition::If(jsonlogic_builder::operation(position, "if", arguments))
}

/// The condition for the current stage of a ramp: the rule is a binary search by time.
fn ramp_condition(
    ramp: Ramp,
    rollout: &Rollout,
    hashed: &impl Fn(Percentage) -> FoldedCondition,
) -> FoldedCondition {
    let (before, stages) = ramp.stages(rollout.percentage);
    FoldedCondition::from_node(ramp_stage_binary_search(
        before,
        &stages,
        rollout.position,
        hashed,
    ))
}

fn ramp_stage_binary_search(
    before: Percentage,
    stages: &[(i64, Percentage)],
    position: Position,
    hashed: &impl Fn(Percentage) -> FoldedCondition,
) -> Node {
    let (early, late) = stages.split_at(stages.len() / 2);
    let Some(((at, share), late)) = late.split_first() else {
        return hashed(before).into_node(position);
    };
    let now = jsonlogic_builder::var(position, "$flagd.timestamp");
    let arguments = vec![
        jsonlogic_builder::operation(
            position,
            "<",
            vec![now, jsonlogic_builder::number(position, *at)],
        ),
        ramp_stage_binary_search(before, early, position, hashed),
        ramp_stage_binary_search(*share, late, position, hashed),
    ];
    jsonlogic_builder::operation(position, "if", arguments)
}

/// The value that is hashed before the unit: the seed, or the flag's key.
pub fn seed_node(bucketing: &Bucketing, position: Position) -> Node {
    match &bucketing.seed {
        Some(seed) => jsonlogic_builder::string(position, seed),
        None => jsonlogic_builder::var(position, "$flagd.flagKey"),
    }
}

fn bucket_condition(
    share: Percentage,
    bucketing: &Bucketing,
    position: Position,
) -> FoldedCondition {
    if share == Percentage::NONE {
        return FoldedCondition::Never;
    }
    if share == Percentage::ALL {
        return FoldedCondition::Always;
    }
    let condition = match bucketing.dialect {
        BucketingDialect::FlagdMurmur3 => {
            fractional_condition(&in_out_weights(share), bucketing, position)
        }
        BucketingDialect::FlagdLegacy100 => {
            fractional_condition(&legacy_in_out_weights(share), bucketing, position)
        }
        dialect => non_flagd_condition(dialect, share, bucketing, position),
    };
    FoldedCondition::If(condition)
}

/// INVARIANT: the release has the first buckets, and the sum of weights is constant, so that a larger share includes a
/// smaller one.
fn in_out_weights(share: Percentage) -> [(&'static str, u32); 2] {
    let weight = share.weight();
    [("in", weight), ("out", Percentage::TOTAL_WEIGHT - weight)]
}

/// flagd up to 0.14 compared `abs(signed hash) / MaxInt32 * 100`: the first and the last hashes are in the share. A
/// bucket here is two hashes wide, so that one unit in 2e9 may differ.
fn legacy_in_out_weights(share: Percentage) -> [(&'static str, u32); 3] {
    let total = i32::MAX.unsigned_abs();
    let half =
        u64::from(total) * u64::from(share.weight()) / (2 * u64::from(Percentage::TOTAL_WEIGHT));
    let half = u32::try_from(half).unwrap_or(0);
    [("in", half), ("out", total - 2 * half), ("in", half)]
}

/// `fractional` yields `in` or `out`, not a variant, so that units outside continue with the rest of the rule. All
/// evaluators support this form, including old ones that accept only strings and constant weights.
fn fractional_condition(shares: &[(&str, u32)], bucketing: &Bucketing, position: Position) -> Node {
    let own = bucketing.bucket_by.is_some() || bucketing.seed.is_some();
    let mut arguments = Vec::new();
    if own {
        let parts = vec![
            seed_node(bucketing, position),
            jsonlogic_builder::var(position, bucketing.unit_attribute()),
        ];
        arguments.push(jsonlogic_builder::operation(position, "cat", parts));
    }
    let shares = shares.iter();
    arguments.extend(
        shares.map(|(name, weight)| jsonlogic_builder::weighted_variant(position, name, *weight)),
    );
    let split = jsonlogic_builder::operation(position, "fractional", arguments);
    let is_in = jsonlogic_builder::operation(
        position,
        "==",
        vec![split, jsonlogic_builder::string(position, "in")],
    );
    if !own {
        return is_in;
    }
    // Contexts without a unit would share one bucket; `fractional` excludes them only for the targeting key.
    let unit = jsonlogic_builder::var(position, bucketing.unit_attribute());
    jsonlogic_builder::operation(position, "and", vec![unit, is_in])
}

fn non_flagd_condition(
    dialect: BucketingDialect,
    share: Percentage,
    bucketing: &Bucketing,
    position: Position,
) -> Node {
    let arguments = vec![
        jsonlogic_builder::string(position, dialect.name()),
        seed_node(bucketing, position),
        jsonlogic_builder::var(position, bucketing.unit_attribute()),
    ];
    let bucket = jsonlogic_builder::operation(position, bucketing::BUCKET_OPERATOR, arguments);
    // Buckets are whole numbers: below a share means below the next whole number.
    let below = i64::from(share.weight().div_ceil(1000));
    jsonlogic_builder::operation(
        position,
        "<",
        vec![bucket, jsonlogic_builder::number(position, below)],
    )
}
