//! One lane before and after an edit.

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::rollout::bucketing::BucketingDialect;
use crate::document::rollout::percentage::Percentage;
use crate::rule::bucketing::murmur;
use crate::rule::bucketing::murmur_preimage;
use crate::rule::bucketing::vendor_hash;
use crate::stickiness::allocation::Allocation;
use crate::stickiness::allocation::Hashing;

/// Tells what the edit of one lane of the flag called `flag` breaks.
pub fn report_violations(
    flag: &str,
    before: &Allocation,
    after: &Allocation,
    report: &mut DiagnosticSink,
) {
    if before.hashing == after.hashing {
        let mut told = Vec::new();
        for change in reassignments(before, after) {
            let code = change.violation_code(before, after);
            if let Some(code) = code.filter(|code| !told.contains(code)) {
                told.push(code);
                change.report_violation(flag, code, before, after, report);
            }
        }
    } else if has_multiple_shares(before) && has_multiple_shares(after) {
        report_bucketing_key_change(flag, before, after, report);
    }
}

/// Whether there are units on both sides of a border.
fn has_multiple_shares(lane: &Allocation) -> bool {
    lane.shares.iter().filter(|(_, weight)| *weight > 0).count() > 1
}

/// An interval of hashes whose units go from one variant to another.
struct Reassignment<'l> {
    low: u64,
    high: u64,
    from: &'l str,
    to: &'l str,
}

/// The number of different hashes.
fn hash_space_size(hashing: &Hashing) -> u64 {
    match hashing {
        Hashing::Vendor { .. } => 100,
        Hashing::Murmur { .. } | Hashing::Computed(_) => 1 << 32,
    }
}

/// The first hash above each share, and whose it is. A bucket is `hash * total >> 32`, so the first hash of bucket `b` is
/// `b * 2^32 / total`, rounded up.
fn share_upper_bounds(lane: &Allocation) -> Vec<(u64, &str)> {
    let total: u64 = lane
        .shares
        .iter()
        .map(|(_, weight)| u64::from(*weight))
        .sum();
    let mut end = 0;
    let mut bounds = Vec::with_capacity(lane.shares.len());
    for (name, weight) in &lane.shares {
        end += u64::from(*weight);
        let scaled = u128::from(end) * u128::from(hash_space_size(&lane.hashing));
        let bound = scaled.div_ceil(u128::from(total.max(1)));
        bounds.push((u64::try_from(bound).unwrap_or(u64::MAX), &**name));
    }
    bounds
}

/// All intervals in which the variant changes.
fn reassignments<'l>(before: &'l Allocation, after: &'l Allocation) -> Vec<Reassignment<'l>> {
    let (old, new) = (share_upper_bounds(before), share_upper_bounds(after));
    let mut ends: Vec<u64> = old.iter().chain(&new).map(|(end, _)| *end).collect();
    ends.sort_unstable();
    ends.dedup();
    let of = |bounds: &[(u64, &'l str)], hash| {
        let found = bounds.iter().find(|(end, _)| hash < *end);
        found.map(|(_, name)| *name)
    };
    let mut low = 0;
    let mut changes = Vec::new();
    for end in ends {
        if let (Some(from), Some(to)) = (of(&old, low), of(&new, low))
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

/// The part of all units that a variant has, as weight and total.
fn current_share(lane: &Allocation, name: &str) -> (u64, u64) {
    let total = lane
        .shares
        .iter()
        .map(|(_, weight)| u64::from(*weight))
        .sum();
    let own = lane.shares.iter().filter(|(known, _)| **known == *name);
    (own.map(|(_, weight)| u64::from(*weight)).sum(), total)
}

/// The part that a variant is to have in the end.
fn target_share(lane: &Allocation, name: &str) -> (u64, u64) {
    let total = u64::from(Percentage::TOTAL_WEIGHT);
    match &lane.target_share {
        Some((taken, share)) if **taken == *name => (u64::from(share.weight()), total),
        Some((_, share)) => (u64::from(Percentage::TOTAL_WEIGHT - share.weight()), total),
        None => current_share(lane, name),
    }
}

/// How a variant's part changes. Where a ramp leads counts, not where it begins.
fn compare_share_size(before: &Allocation, after: &Allocation, name: &str) -> std::cmp::Ordering {
    let (old, old_total) = current_share(before, name);
    let (new, new_total) = target_share(after, name);
    let (new, old) = (
        u128::from(new) * u128::from(old_total),
        u128::from(old) * u128::from(new_total),
    );
    new.cmp(&old)
}

impl Reassignment<'_> {
    /// The promise that the change breaks: units may only leave a variant that shrinks for one that grows.
    fn violation_code(&self, before: &Allocation, after: &Allocation) -> Option<Code> {
        use std::cmp::Ordering::Equal;
        use std::cmp::Ordering::Greater;
        use std::cmp::Ordering::Less;
        // A variant in place of another one, for those who have it.
        let replaced =
            current_share(after, self.from).0 == 0 && current_share(before, self.to).0 == 0;
        let growths = (
            compare_share_size(before, after, self.from),
            compare_share_size(before, after, self.to),
        );
        match growths {
            // Of two variants one grows where the other shrinks; it is about the one that is not the rest.
            (Greater, Less) if *self.from == *after.remainder_variant => {
                Some(Code::RollbackShowsVariant)
            }
            (Greater, _) => Some(Code::GrowthTakesVariant),
            (_, Less) => Some(Code::RollbackShowsVariant),
            (Equal, _) | (_, Equal) => Some(Code::UnorderedVariantMove),
            (Less, Greater) => replaced.then_some(Code::UnorderedVariantMove),
        }
    }

    fn report_violation(
        &self,
        flag: &str,
        code: Code,
        before: &Allocation,
        after: &Allocation,
        report: &mut DiagnosticSink,
    ) {
        let (from, to) = (format_variant(self.from), format_variant(self.to));
        let name = &after.description;
        let unit = self.find_affected_unit(&after.hashing);
        let unit = unit.map_or_else(|| "some unit".to_owned(), |unit| format!("`{unit}`"));
        let (message, help) = match code {
            Code::GrowthTakesVariant => {
                let (old, new) = (
                    format_percent(current_share(before, self.from)),
                    format_percent(target_share(after, self.from)),
                );
                let message = format!(
                    "{name} of flag `{flag}` changes the share of {from} from {old} to {new} and takes it from {unit}"
                );
                (
                    message,
                    "what grows stands first and begins where it was; move the border, not the variants",
                )
            }
            Code::RollbackShowsVariant => {
                let message = format!(
                    "{name} of flag `{flag}` rolls {to} back and shows it to {unit}, who did not have it"
                );
                (
                    message,
                    "who got it last loses it first; lower the share and leave the order as it is",
                )
            }
            _ => {
                let message = format!("{name} of flag `{flag}` moves {unit} from {from} to {to}");
                (
                    message,
                    "units should only leave a variant that shrinks for one that grows; begin a new flag, or go down to 0 % first",
                )
            }
        };
        report.warn(code, after.position, message, help);
    }

    /// Somebody whom it hits.
    fn find_affected_unit(&self, hashing: &Hashing) -> Option<String> {
        match hashing {
            Hashing::Murmur { prefix, .. } => {
                let low = u32::try_from(self.low).ok()?;
                murmur_preimage::find_unit(prefix, low, u32::try_from(self.high).ok()?)
            }
            Hashing::Vendor { dialect, seed, .. } => {
                let within = |unit: &String| {
                    let bucket = vendor_hash::bucket(*dialect, seed, unit).map(u64::from);
                    bucket.is_some_and(|bucket| (self.low..=self.high).contains(&bucket))
                };
                (0..100_000).map(|i| format!("user-{i}")).find(within)
            }
            Hashing::Computed(_) => None,
        }
    }
}

fn format_variant(name: &str) -> String {
    if name.is_empty() {
        "the default".to_owned()
    } else {
        format!("`{name}`")
    }
}

fn format_percent((part, total): (u64, u64)) -> String {
    let percent = part as f64 * 100.0 / total.max(1) as f64;
    format!("{} %", (percent * 1000.0).round() / 1000.0)
}

/// What is hashed has changed: everybody is dealt anew.
fn report_bucketing_key_change(
    flag: &str,
    before: &Allocation,
    after: &Allocation,
    report: &mut DiagnosticSink,
) {
    let hit = (0..10_000).map(|i| format!("user-{i}")).find_map(|unit| {
        let (from, to) = (
            assigned_variant(before, &unit)?,
            assigned_variant(after, &unit)?,
        );
        let lost = from != to && compare_share_size(before, after, from).is_ge();
        lost.then(|| {
            format!(
                "`{unit}` goes from {} to {}",
                format_variant(from),
                format_variant(to)
            )
        })
    });
    let hit = hit.map_or_else(String::new, |hit| format!(": {hit}"));
    let (old, new) = (
        describe_hashing(&before.hashing),
        describe_hashing(&after.hashing),
    );
    let name = &after.description;
    let message = format!(
        "{name} of flag `{flag}` hashed {old} and now hashes {new}, so all units are dealt anew{hit}"
    );
    let help = "keep `bucketBy`, `seed`, `dialect` and the flag's key while a rollout runs";
    report.warn(Code::BucketingKeyChanged, after.position, message, help);
}

fn assigned_variant<'l>(lane: &'l Allocation, unit: &str) -> Option<&'l str> {
    let hash = match &lane.hashing {
        Hashing::Murmur { prefix, .. } => {
            u64::from(murmur::hash([prefix.as_bytes(), unit.as_bytes()]))
        }
        Hashing::Vendor { dialect, seed, .. } => {
            u64::from(vendor_hash::bucket(*dialect, seed, unit)?)
        }
        Hashing::Computed(_) => return None,
    };
    let bounds = share_upper_bounds(lane);
    bounds
        .iter()
        .find(|(end, _)| hash < *end)
        .map(|(_, name)| *name)
}

fn describe_hashing(hashing: &Hashing) -> String {
    match hashing {
        Hashing::Murmur {
            prefix,
            attribute: unit,
        } if prefix.is_empty() => format!("`{unit}`"),
        Hashing::Murmur {
            prefix,
            attribute: unit,
        } => format!("`{prefix}` and `{unit}`"),
        Hashing::Vendor {
            dialect: BucketingDialect::Fnv1a,
            attribute: unit,
            ..
        } => {
            format!("`{unit}` as `{}`", BucketingDialect::Fnv1a.name())
        }
        Hashing::Vendor {
            dialect,
            seed,
            attribute: unit,
        } => {
            format!("`{seed}` and `{unit}` as `{}`", dialect.name())
        }
        Hashing::Computed(_) => "something computed".to_owned(),
    }
}
