//! The part of a rollout that hashes: whether a unit is within its share.

use crate::diag::Place;
use crate::document::node::Node;
use crate::document::rollout::Rollout;
use crate::document::rollout::bucketing;
use crate::document::rollout::bucketing::Bucketing;
use crate::document::rollout::bucketing::Dialect;
use crate::document::rollout::expand::condition::Condition;
use crate::document::rollout::make;
use crate::document::rollout::ramp::Ramp;
use crate::document::rollout::share::Share;

/// Whether plain flagd can compute who is within the rollout's shares.
pub fn is_plain(rollout: &Rollout) -> bool {
    let shares = rollout.regions.iter().map(|region| region.percentage);
    let mut shares = shares.chain([rollout.percentage]);
    let trivial = |share| share == Share::NONE || share == Share::ALL;
    let constant = rollout.ramp.is_none() && shares.all(trivial);
    constant || !rollout.bucketing.dialect.is_foreign()
}

/// Whether a unit is within the share of its region, or of everyone else.
pub fn quota(rollout: &Rollout) -> Condition {
    let place = rollout.place;
    let hashed = |share| within(share, &rollout.bucketing, place);
    let base = match rollout.ramp {
        Some(ramp) => climb(ramp, rollout, &hashed),
        None => hashed(rollout.percentage),
    };
    if rollout.regions.is_empty() {
        return base;
    }
    let mut arguments = Vec::new();
    for region in &rollout.regions {
        arguments.push(make::any_of(region.place, "region", &region.names));
        arguments.push(hashed(region.percentage).into_node(region.place));
    }
    arguments.push(base.into_node(place));
    Condition::If(make::operation(place, "if", arguments))
}

/// The stage of a ramp by the time, found by halving.
fn climb(ramp: Ramp, rollout: &Rollout, hashed: &impl Fn(Share) -> Condition) -> Condition {
    let (before, stages) = ramp.stages(rollout.percentage);
    Condition::of(halve(before, &stages, rollout.place, hashed))
}

fn halve(
    before: Share,
    stages: &[(i64, Share)],
    place: Place,
    hashed: &impl Fn(Share) -> Condition,
) -> Node {
    let (early, late) = stages.split_at(stages.len() / 2);
    let Some(((at, share), late)) = late.split_first() else {
        return hashed(before).into_node(place);
    };
    let now = make::var(place, "$flagd.timestamp");
    let arguments = vec![
        make::operation(place, "<", vec![now, make::number(place, *at)]),
        halve(before, early, place, hashed),
        halve(*share, late, place, hashed),
    ];
    make::operation(place, "if", arguments)
}

/// What is hashed before the unit: the seed, or the flag's key.
pub fn seed(bucketing: &Bucketing, place: Place) -> Node {
    match &bucketing.seed {
        Some(seed) => make::text(place, seed),
        None => make::var(place, "$flagd.flagKey"),
    }
}

fn within(share: Share, bucketing: &Bucketing, place: Place) -> Condition {
    if share == Share::NONE {
        return Condition::Never;
    }
    if share == Share::ALL {
        return Condition::Always;
    }
    let condition = match bucketing.dialect {
        Dialect::Murmur3 => fractional(&shares(share), bucketing, place),
        Dialect::Legacy100 => fractional(&legacy_shares(share), bucketing, place),
        dialect => foreign(dialect, share, bucketing, place),
    };
    Condition::If(condition)
}

/// INVARIANT: what is released has the first buckets, and the sum never changes: growth takes them from nobody.
fn shares(share: Share) -> [(&'static str, u32); 2] {
    let weight = share.weight();
    [("in", weight), ("out", Share::STEPS - weight)]
}

/// flagd up to 0.14 compared `abs(signed hash) / MaxInt32 * 100`: the first and the last hashes are in. Half of the
/// hashes have a bucket of their own here, so that one unit in two thousand million may differ.
fn legacy_shares(share: Share) -> [(&'static str, u32); 3] {
    let total = i32::MAX.unsigned_abs();
    let half = u64::from(total) * u64::from(share.weight()) / (2 * u64::from(Share::STEPS));
    let half = u32::try_from(half).unwrap_or(0);
    [("in", half), ("out", total - 2 * half), ("in", half)]
}

/// `fractional` yields a word, not a variant, so that whoever is out goes on to the rest of the rule. Every evaluator
/// computes it so, the oldest included, which accept only strings and constant weights.
fn fractional(shares: &[(&str, u32)], bucketing: &Bucketing, place: Place) -> Node {
    let own = bucketing.by.is_some() || bucketing.seed.is_some();
    let mut arguments = Vec::new();
    if own {
        let parts = vec![seed(bucketing, place), make::var(place, bucketing.unit())];
        arguments.push(make::operation(place, "cat", parts));
    }
    let shares = shares.iter();
    arguments.extend(shares.map(|(name, weight)| make::share(place, name, *weight)));
    let split = make::operation(place, "fractional", arguments);
    let is_in = make::operation(place, "==", vec![split, make::text(place, "in")]);
    if !own {
        return is_in;
    }
    // Units without a name would all be in one bucket; `fractional` sees to it only for the targeting key.
    let unit = make::var(place, bucketing.unit());
    make::operation(place, "and", vec![unit, is_in])
}

fn foreign(dialect: Dialect, share: Share, bucketing: &Bucketing, place: Place) -> Node {
    let arguments = vec![
        make::text(place, dialect.name()),
        seed(bucketing, place),
        make::var(place, bucketing.unit()),
    ];
    let bucket = make::operation(place, bucketing::OPERATOR, arguments);
    // Buckets are whole: what is below a share is below the next whole number.
    let below = i64::from(share.weight().div_ceil(1000));
    make::operation(place, "<", vec![bucket, make::number(place, below)])
}
