//! `Allocation`: one division of a flag's units into weighted shares.

use ecow::EcoString;

use crate::diag::Position;
use crate::document::rollout::bucketing::BucketingDialect;
use crate::document::rollout::percentage::Percentage;

/// One division of all units into shares.
#[derive(Debug, Clone)]
pub struct Allocation {
    /// The identity among the allocations of the flag: equal before and after an edit.
    pub id: AllocationId,
    /// The position in the file.
    pub position: Position,
    /// The name in diagnostics.
    pub description: String,
    /// The bucketing key and the hash function.
    pub hashing: Hashing,
    /// Names of variants and their weights, in the order of the buckets.
    pub shares: Vec<(EcoString, u32)>,
    /// The variant of units outside the share under rollout.
    pub remainder_variant: EcoString,
    /// The variant under rollout and its share at the end of the ramp; `None` without a ramp.
    pub target_share: Option<(EcoString, Percentage)>,
}

/// The identity of an allocation within its flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllocationId {
    /// A rollout, by its index; in this region, or in all regions without a separate share.
    Rollout(usize, Option<EcoString>),
    /// The split of the units that the rollout at this index matches.
    Split(usize),
    /// A `fractional` in a rule, by its index, and the hash of the rest of the rule.
    Rule(usize, u64),
}

/// The bucketing key and the hash function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hashing {
    /// flagd's hash over a constant and an attribute.
    Murmur {
        /// The constant.
        prefix: String,
        /// The attribute.
        attribute: EcoString,
    },
    /// The hash of another service, over a seed and an attribute.
    Vendor {
        /// The service's dialect.
        dialect: BucketingDialect,
        /// The seed.
        seed: EcoString,
        /// The attribute.
        attribute: EcoString,
    },
    /// flagd's hash over a computed value; the hash of the rule that computes it.
    Computed(u64),
}
