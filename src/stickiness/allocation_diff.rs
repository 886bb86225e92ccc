//! The difference between an allocation before and after an edit: the units that move, and the growth of shares.

use std::cmp::Ordering;

use crate::diag::Code;
use crate::document::rollout::percentage::Percentage;
use crate::stickiness::allocation::Allocation;
use crate::stickiness::allocation::Hashing;

/// An interval of hashes whose units move from one variant to another.
pub struct Reassignment<'l> {
    /// The first hash.
    pub low: u64,
    /// The last hash.
    pub high: u64,
    /// The variant before the edit.
    pub from: &'l str,
    /// The variant after it.
    pub to: &'l str,
}

/// The number of different hashes.
fn hash_space_size(hashing: &Hashing) -> u64 {
    match hashing {
        Hashing::Vendor { .. } => 100,
        Hashing::Murmur { .. } | Hashing::Computed(_) => 1 << 32,
    }
}

/// The first hash above each share, and the share's variant. A bucket is `hash * total >> 32`, so the first hash of
/// bucket `b` is `b * 2^32 / total`, rounded up.
pub fn share_upper_bounds(allocation: &Allocation) -> Vec<(u64, &str)> {
    let total = total_weight(allocation);
    let mut end = 0;
    let mut bounds = Vec::with_capacity(allocation.shares.len());
    for (name, weight) in &allocation.shares {
        end += u64::from(*weight);
        let scaled = u128::from(end) * u128::from(hash_space_size(&allocation.hashing));
        let bound = scaled.div_ceil(u128::from(total.max(1)));
        bounds.push((u64::try_from(bound).unwrap_or(u64::MAX), &**name));
    }
    bounds
}

/// All intervals in which the variant changes.
pub fn reassignments<'l>(before: &'l Allocation, after: &'l Allocation) -> Vec<Reassignment<'l>> {
    let (old, new) = (share_upper_bounds(before), share_upper_bounds(after));
    let mut ends: Vec<u64> = old.iter().chain(&new).map(|(end, _)| *end).collect();
    ends.sort_unstable();
    ends.dedup();
    let variant_at = |bounds: &[(u64, &'l str)], hash| {
        let found = bounds.iter().find(|(end, _)| hash < *end);
        found.map(|(_, name)| *name)
    };
    let mut low = 0;
    let mut changes = Vec::new();
    for end in ends {
        if let (Some(from), Some(to)) = (variant_at(&old, low), variant_at(&new, low))
            && from != to
            && low < end
        {
            let high = end - 1;
            changes.push(Reassignment {
                low,
                high,
                from,
                to,
            });
        }
        low = end;
    }
    changes
}

/// The share of a variant, as its weight and the total.
pub fn current_share(allocation: &Allocation, name: &str) -> (u64, u64) {
    let total = total_weight(allocation);
    let own = allocation
        .shares
        .iter()
        .filter(|(known, _)| **known == *name);
    (own.map(|(_, weight)| u64::from(*weight)).sum(), total)
}

/// The share of a variant at the end of its ramp.
pub fn target_share(allocation: &Allocation, name: &str) -> (u64, u64) {
    let total = u64::from(Percentage::TOTAL_WEIGHT);
    match &allocation.target_share {
        Some((taken, share)) if **taken == *name => (u64::from(share.weight()), total),
        Some((_, share)) => (u64::from(Percentage::TOTAL_WEIGHT - share.weight()), total),
        None => current_share(allocation, name),
    }
}

/// Compares a variant's share after the edit with its share before. For a ramp the final share is compared.
pub fn compare_share_size(before: &Allocation, after: &Allocation, name: &str) -> Ordering {
    let (old, old_total) = current_share(before, name);
    let (new, new_total) = target_share(after, name);
    let (new, old) = (
        u128::from(new) * u128::from(old_total),
        u128::from(old) * u128::from(new_total),
    );
    new.cmp(&old)
}

fn total_weight(allocation: &Allocation) -> u64 {
    let weights = allocation
        .shares
        .iter()
        .map(|(_, weight)| u64::from(*weight));
    weights.sum()
}

/// Returns true if units are divided at all: if more than one share has a weight.
pub fn has_multiple_shares(allocation: &Allocation) -> bool {
    allocation
        .shares
        .iter()
        .filter(|(_, weight)| *weight > 0)
        .count()
        > 1
}

impl Reassignment<'_> {
    /// The code of the diagnostic if the move violates stickiness: units may only move from a shrinking variant to a
    /// growing one.
    pub fn violation_code(&self, before: &Allocation, after: &Allocation) -> Option<Code> {
        use Ordering::Equal;
        use Ordering::Greater;
        use Ordering::Less;
        // One variant replaces another for all of its units.
        let replaced =
            current_share(after, self.from).0 == 0 && current_share(before, self.to).0 == 0;
        let growths = (
            compare_share_size(before, after, self.from),
            compare_share_size(before, after, self.to),
        );
        match growths {
            // If one variant grows as the other shrinks, the code depends on which of them is under rollout.
            (Greater, Less) if *self.from == *after.remainder_variant => {
                Some(Code::RollbackShowsVariant)
            }
            (Greater, _) => Some(Code::GrowthTakesVariant),
            (_, Less) => Some(Code::RollbackShowsVariant),
            (Equal, _) | (_, Equal) => Some(Code::UnorderedVariantMove),
            (Less, Greater) => replaced.then_some(Code::UnorderedVariantMove),
        }
    }
}
