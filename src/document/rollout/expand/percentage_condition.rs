//! The part of a rollout that hashes: whether a unit is within its share.

use crate::diag::Position;
use crate::document::rollout::Rollout;
use crate::document::rollout::bucketing;
use crate::document::rollout::bucketing::Bucketing;
use crate::document::rollout::bucketing::BucketingDialect;
use crate::document::rollout::expand::folded_condition::FoldedCondition;
use crate::document::rollout::jsonlogic_builder;
use crate::document::rollout::percentage::Percentage;
use crate::document::rollout::ramp::Ramp;
use crate::document::syntax_tree::Node;

/// Whether plain flagd can compute who is within the rollout's shares.
pub fn is_portable(rollout: &Rollout) -> bool {
    let shares = rollout.regions.iter().map(|region| region.percentage);
    let mut shares = shares.chain([rollout.percentage]);
    let trivial = |share| share == Percentage::NONE || share == Percentage::ALL;
    let constant = rollout.ramp.is_none() && shares.all(trivial);
    constant || !rollout.bucketing.dialect.is_not_flagd()
}

/// Whether a unit is within the share of its region, or of everyone else.
pub fn percentage_condition(rollout: &Rollout) -> FoldedCondition {
    let place = rollout.position;
    let hashed = |share| bucket_condition(share, &rollout.bucketing, place);
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
    arguments.push(base.into_node(place));
    FoldedCondition::If(jsonlogic_builder::operation(place, "if", arguments))
}

/// The stage of a ramp by the time, found by halving.
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
    place: Position,
    hashed: &impl Fn(Percentage) -> FoldedCondition,
) -> Node {
    let (early, late) = stages.split_at(stages.len() / 2);
    let Some(((at, share), late)) = late.split_first() else {
        return hashed(before).into_node(place);
    };
    let now = jsonlogic_builder::var(place, "$flagd.timestamp");
    let arguments = vec![
        jsonlogic_builder::operation(place, "<", vec![now, jsonlogic_builder::number(place, *at)]),
        ramp_stage_binary_search(before, early, place, hashed),
        ramp_stage_binary_search(*share, late, place, hashed),
    ];
    jsonlogic_builder::operation(place, "if", arguments)
}

/// What is hashed before the unit: the seed, or the flag's key.
pub fn seed_node(bucketing: &Bucketing, place: Position) -> Node {
    match &bucketing.seed {
        Some(seed) => jsonlogic_builder::string(place, seed),
        None => jsonlogic_builder::var(place, "$flagd.flagKey"),
    }
}

fn bucket_condition(share: Percentage, bucketing: &Bucketing, place: Position) -> FoldedCondition {
    if share == Percentage::NONE {
        return FoldedCondition::Never;
    }
    if share == Percentage::ALL {
        return FoldedCondition::Always;
    }
    let condition = match bucketing.dialect {
        BucketingDialect::FlagdMurmur3 => {
            fractional_condition(&in_out_weights(share), bucketing, place)
        }
        BucketingDialect::FlagdLegacy100 => {
            fractional_condition(&legacy_in_out_weights(share), bucketing, place)
        }
        dialect => non_flagd_condition(dialect, share, bucketing, place),
    };
    FoldedCondition::If(condition)
}

/// INVARIANT: what is released has the first buckets, and the sum never changes: growth takes them from nobody.
fn in_out_weights(share: Percentage) -> [(&'static str, u32); 2] {
    let weight = share.weight();
    [("in", weight), ("out", Percentage::TOTAL_WEIGHT - weight)]
}

/// flagd up to 0.14 compared `abs(signed hash) / MaxInt32 * 100`: the first and the last hashes are in. Half of the
/// hashes have a bucket of their own here, so that one unit in two thousand million may differ.
fn legacy_in_out_weights(share: Percentage) -> [(&'static str, u32); 3] {
    let total = i32::MAX.unsigned_abs();
    let half =
        u64::from(total) * u64::from(share.weight()) / (2 * u64::from(Percentage::TOTAL_WEIGHT));
    let half = u32::try_from(half).unwrap_or(0);
    [("in", half), ("out", total - 2 * half), ("in", half)]
}

/// `fractional` yields a word, not a variant, so that whoever is out goes on to the rest of the rule. Every evaluator
/// computes it so, the oldest included, which accept only strings and constant weights.
fn fractional_condition(shares: &[(&str, u32)], bucketing: &Bucketing, place: Position) -> Node {
    let own = bucketing.bucket_by.is_some() || bucketing.seed.is_some();
    let mut arguments = Vec::new();
    if own {
        let parts = vec![
            seed_node(bucketing, place),
            jsonlogic_builder::var(place, bucketing.unit_attribute()),
        ];
        arguments.push(jsonlogic_builder::operation(place, "cat", parts));
    }
    let shares = shares.iter();
    arguments.extend(
        shares.map(|(name, weight)| jsonlogic_builder::weighted_variant(place, name, *weight)),
    );
    let split = jsonlogic_builder::operation(place, "fractional", arguments);
    let is_in = jsonlogic_builder::operation(
        place,
        "==",
        vec![split, jsonlogic_builder::string(place, "in")],
    );
    if !own {
        return is_in;
    }
    // Units without a name would all be in one bucket; `fractional` sees to it only for the targeting key.
    let unit = jsonlogic_builder::var(place, bucketing.unit_attribute());
    jsonlogic_builder::operation(place, "and", vec![unit, is_in])
}

fn non_flagd_condition(
    dialect: BucketingDialect,
    share: Percentage,
    bucketing: &Bucketing,
    place: Position,
) -> Node {
    let arguments = vec![
        jsonlogic_builder::string(place, dialect.name()),
        seed_node(bucketing, place),
        jsonlogic_builder::var(place, bucketing.unit_attribute()),
    ];
    let bucket = jsonlogic_builder::operation(place, bucketing::BUCKET_OPERATOR, arguments);
    // Buckets are whole: what is below a share is below the next whole number.
    let below = i64::from(share.weight().div_ceil(1000));
    jsonlogic_builder::operation(
        place,
        "<",
        vec![bucket, jsonlogic_builder::number(place, below)],
    )
}
