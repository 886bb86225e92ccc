//! The part of a rollout that hashes: whether a unit is within its share.

use crate::diag::Position;
use crate::document::node::Node;
use crate::document::rollout::Rollout;
use crate::document::rollout::bucketing;
use crate::document::rollout::bucketing::Bucketing;
use crate::document::rollout::bucketing::BucketingDialect;
use crate::document::rollout::expand::condition::FoldedCondition;
use crate::document::rollout::make;
use crate::document::rollout::ramp::Ramp;
use crate::document::rollout::share::Percentage;

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
        arguments.push(make::attribute_equals_any(
            region.position,
            "region",
            &region.names,
        ));
        arguments.push(hashed(region.percentage).into_node(region.position));
    }
    arguments.push(base.into_node(place));
    FoldedCondition::If(make::operation(place, "if", arguments))
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
    let now = make::var(place, "$flagd.timestamp");
    let arguments = vec![
        make::operation(place, "<", vec![now, make::number(place, *at)]),
        ramp_stage_binary_search(before, early, place, hashed),
        ramp_stage_binary_search(*share, late, place, hashed),
    ];
    make::operation(place, "if", arguments)
}

/// What is hashed before the unit: the seed, or the flag's key.
pub fn seed_node(bucketing: &Bucketing, place: Position) -> Node {
    match &bucketing.seed {
        Some(seed) => make::string(place, seed),
        None => make::var(place, "$flagd.flagKey"),
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
            make::var(place, bucketing.unit_attribute()),
        ];
        arguments.push(make::operation(place, "cat", parts));
    }
    let shares = shares.iter();
    arguments.extend(shares.map(|(name, weight)| make::weighted_variant(place, name, *weight)));
    let split = make::operation(place, "fractional", arguments);
    let is_in = make::operation(place, "==", vec![split, make::string(place, "in")]);
    if !own {
        return is_in;
    }
    // Units without a name would all be in one bucket; `fractional` sees to it only for the targeting key.
    let unit = make::var(place, bucketing.unit_attribute());
    make::operation(place, "and", vec![unit, is_in])
}

fn non_flagd_condition(
    dialect: BucketingDialect,
    share: Percentage,
    bucketing: &Bucketing,
    place: Position,
) -> Node {
    let arguments = vec![
        make::string(place, dialect.name()),
        seed_node(bucketing, place),
        make::var(place, bucketing.unit_attribute()),
    ];
    let bucket = make::operation(place, bucketing::BUCKET_OPERATOR, arguments);
    // Buckets are whole: what is below a share is below the next whole number.
    let below = i64::from(share.weight().div_ceil(1000));
    make::operation(place, "<", vec![bucket, make::number(place, below)])
}
