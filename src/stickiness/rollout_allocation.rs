//! The allocations of a flag's rollout fields.

use std::collections::BTreeMap;

use ecow::EcoString;

use crate::diag::Position;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::Release;
use crate::document::rollout::Rollout;
use crate::document::rollout::bucketing::BucketingDialect;
use crate::document::rollout::percentage::Percentage;
use crate::stickiness::allocation::Allocation;
use crate::stickiness::allocation::AllocationId;
use crate::stickiness::allocation::Hashing;

/// The allocations of one rollout: its share, the shares of regions, and its split.
pub fn rollout_allocations(
    flag: &FlagDefinition,
    index: usize,
    rollout: &Rollout,
    now: i64,
) -> Vec<Allocation> {
    let rest = flag.default_variant.clone().unwrap_or_default();
    let template = RolloutTemplate {
        flag,
        rollout,
        taken: match &rollout.release {
            Release::Variant(name) => name.clone(),
            Release::Split(_) => "the split".into(),
        },
        rest: rest.clone(),
    };
    let mut allocations = vec![template.overall(index, now)];
    allocations.extend(template.by_region(index));
    if let Release::Split(shares) = &rollout.release {
        allocations.push(Allocation {
            id: AllocationId::Split(index),
            position: rollout.position,
            description: "`rollout.split`".to_owned(),
            hashing: rollout_hashing(flag, rollout, "/split/"),
            shares: shares.clone(),
            remainder_variant: rest,
            target_share: None,
        });
    }
    allocations
}

/// The parts that all allocations of a rollout have in common.
struct RolloutTemplate<'d> {
    flag: &'d FlagDefinition,
    rollout: &'d Rollout,
    /// The variant under rollout.
    taken: EcoString,
    /// The variant of all other units.
    rest: EcoString,
}

impl RolloutTemplate<'_> {
    fn allocation(
        &self,
        id: AllocationId,
        description: String,
        position: Position,
        share: Percentage,
    ) -> Allocation {
        let rollout = self.rollout;
        Allocation {
            id,
            position,
            description,
            hashing: rollout_hashing(self.flag, rollout, ""),
            shares: rollout_shares(rollout.bucketing.dialect, &self.taken, &self.rest, share),
            remainder_variant: self.rest.clone(),
            target_share: None,
        }
    }

    /// The allocation of `rollout.percentage`, at the current stage of its ramp.
    fn overall(&self, index: usize, now: i64) -> Allocation {
        let rollout = self.rollout;
        let id = AllocationId::Rollout(index, None);
        let description = "`rollout.percentage`".to_owned();
        let Some(ramp) = rollout.ramp else {
            return self.allocation(id, description, rollout.position, rollout.percentage);
        };
        let share = ramp.share_at(rollout.percentage, now);
        let target = if ramp.reverse {
            Percentage::NONE
        } else {
            rollout.percentage
        };
        Allocation {
            target_share: Some((self.taken.clone(), target)),
            ..self.allocation(id, description, rollout.position, share)
        }
    }

    /// The allocations of regions with separate shares; of equal names the first one wins.
    fn by_region(&self, index: usize) -> impl Iterator<Item = Allocation> {
        let mut by_name = BTreeMap::new();
        for region in &self.rollout.regions {
            for name in &region.names {
                by_name.entry(name).or_insert(region);
            }
        }
        by_name.into_iter().map(move |(name, region)| {
            let description = format!("the share of region `{name}`");
            let id = AllocationId::Rollout(index, Some(name.clone()));
            self.allocation(id, description, region.position, region.percentage)
        })
    }
}

fn rollout_hashing(flag: &FlagDefinition, rollout: &Rollout, suffix: &str) -> Hashing {
    let bucketing = &rollout.bucketing;
    let seed = bucketing.seed.as_ref().unwrap_or(&flag.key);
    let attribute = bucketing.unit_attribute().into();
    match bucketing.dialect {
        dialect if dialect.is_not_flagd() && suffix.is_empty() => Hashing::Vendor {
            dialect,
            seed: seed.clone(),
            attribute,
        },
        _ => Hashing::Murmur {
            prefix: format!("{seed}{suffix}"),
            attribute,
        },
    }
}

fn rollout_shares(
    dialect: BucketingDialect,
    taken: &str,
    rest: &str,
    share: Percentage,
) -> Vec<(EcoString, u32)> {
    let weight = share.weight();
    let out = Percentage::TOTAL_WEIGHT - weight;
    match dialect {
        // The first and the last buckets are in the share.
        BucketingDialect::FlagdLegacy100 => vec![
            (taken.into(), weight),
            (rest.into(), 2 * out),
            (taken.into(), weight),
        ],
        BucketingDialect::Fnv1a | BucketingDialect::Md5 | BucketingDialect::Java31 => {
            let weight = weight.div_ceil(1000);
            vec![(taken.into(), weight), (rest.into(), 100 - weight)]
        }
        BucketingDialect::FlagdMurmur3 => vec![(taken.into(), weight), (rest.into(), out)],
    }
}
