//! Stickiness violations: reports that an edit takes a variant from units, with an example.

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::rollout::bucketing::BucketingDialect;
use crate::rule::bucketing::murmur;
use crate::rule::bucketing::murmur_preimage;
use crate::rule::bucketing::vendor_hash;
use crate::stickiness::allocation::Allocation;
use crate::stickiness::allocation::Hashing;
use crate::stickiness::allocation_diff::Reassignment;
use crate::stickiness::allocation_diff::compare_share_size;
use crate::stickiness::allocation_diff::current_share;
use crate::stickiness::allocation_diff::has_multiple_shares;
use crate::stickiness::allocation_diff::reassignments;
use crate::stickiness::allocation_diff::share_upper_bounds;
use crate::stickiness::allocation_diff::target_share;

/// Reports the stickiness violations of an edit to one allocation of the flag called `flag`; each code once.
pub fn report_violations(
    flag: &str,
    before: &Allocation,
    after: &Allocation,
    report: &mut DiagnosticSink,
) {
    if before.hashing == after.hashing {
        let mut reported = Vec::new();
        for change in reassignments(before, after) {
            let code = change.violation_code(before, after);
            if let Some(code) = code.filter(|code| !reported.contains(code)) {
                reported.push(code);
                let (message, help) = violation_text(&change, flag, code, before, after);
                report.warn(code, after.position, message, help);
            }
        }
    } else if has_multiple_shares(before) && has_multiple_shares(after) {
        report_bucketing_key_change(flag, before, after, report);
    }
}

/// The message and the help of a violation.
fn violation_text(
    change: &Reassignment<'_>,
    flag: &str,
    code: Code,
    before: &Allocation,
    after: &Allocation,
) -> (String, &'static str) {
    let (from, to) = (format_variant(change.from), format_variant(change.to));
    let name = &after.description;
    let unit = find_affected_unit(change, &after.hashing);
    let unit = unit.map_or_else(|| "a unit".to_owned(), |unit| format!("`{unit}`"));
    match code {
        Code::GrowthTakesVariant => {
            let old = format_percent(current_share(before, change.from));
            let new = format_percent(target_share(after, change.from));
            (
                format!(
                    "{name} of flag `{flag}` changes the share of {from} from {old} to {new} and takes it from {unit}"
                ),
                "list the growing variant first, and change only weights, not the order of variants",
            )
        }
        Code::RollbackShowsVariant => (
            format!(
                "{name} of flag `{flag}` rolls {to} back and shows it to {unit}, who did not have it"
            ),
            "lower the share and keep the order of variants, so that the last users to get the variant lose it first",
        ),
        _ => (
            format!("{name} of flag `{flag}` moves {unit} from {from} to {to}"),
            "units may only move from a shrinking variant to a growing one; use a new flag, or lower the share to 0 % first",
        ),
    }
}

/// A unit that moves, if one can be found.
fn find_affected_unit(change: &Reassignment<'_>, hashing: &Hashing) -> Option<String> {
    match hashing {
        Hashing::Murmur { prefix, .. } => {
            let low = u32::try_from(change.low).ok()?;
            murmur_preimage::find_unit(prefix, low, u32::try_from(change.high).ok()?)
        }
        Hashing::Vendor { dialect, seed, .. } => {
            let within = |unit: &String| {
                let bucket = vendor_hash::bucket(*dialect, seed, unit).map(u64::from);
                bucket.is_some_and(|bucket| (change.low..=change.high).contains(&bucket))
            };
            (0..100_000).map(|i| format!("user-{i}")).find(within)
        }
        Hashing::Computed(_) => None,
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

/// Reports a change of the bucketing key, which assigns all units to buckets again.
fn report_bucketing_key_change(
    flag: &str,
    before: &Allocation,
    after: &Allocation,
    report: &mut DiagnosticSink,
) {
    let example = (0..10_000).map(|i| format!("user-{i}")).find_map(|unit| {
        let (from, to) = (
            assigned_variant(before, &unit)?,
            assigned_variant(after, &unit)?,
        );
        let lost = from != to && compare_share_size(before, after, from).is_ge();
        lost.then(|| {
            format!(
                "`{unit}` moves from {} to {}",
                format_variant(from),
                format_variant(to)
            )
        })
    });
    let example = example.map_or_else(String::new, |example| format!(": {example}"));
    let (old, new) = (
        describe_hashing(&before.hashing),
        describe_hashing(&after.hashing),
    );
    let name = &after.description;
    let message = format!(
        "{name} of flag `{flag}` hashed {old} and now hashes {new}, so all units are bucketed again{example}"
    );
    let help = "do not change `bucketBy`, `seed`, `dialect` or the flag's key while a rollout runs";
    report.warn(Code::BucketingKeyChanged, after.position, message, help);
}

/// The variant that an allocation assigns to a unit.
fn assigned_variant<'l>(allocation: &'l Allocation, unit: &str) -> Option<&'l str> {
    let hash = match &allocation.hashing {
        Hashing::Murmur { prefix, .. } => {
            u64::from(murmur::hash([prefix.as_bytes(), unit.as_bytes()]))
        }
        Hashing::Vendor { dialect, seed, .. } => {
            u64::from(vendor_hash::bucket(*dialect, seed, unit)?)
        }
        Hashing::Computed(_) => return None,
    };
    let bounds = share_upper_bounds(allocation);
    bounds
        .iter()
        .find(|(end, _)| hash < *end)
        .map(|(_, name)| *name)
}

fn describe_hashing(hashing: &Hashing) -> String {
    match hashing {
        Hashing::Murmur { prefix, attribute } if prefix.is_empty() => format!("`{attribute}`"),
        Hashing::Murmur { prefix, attribute } => format!("`{prefix}` and `{attribute}`"),
        Hashing::Vendor {
            dialect: BucketingDialect::Fnv1a,
            attribute,
            ..
        } => {
            format!("`{attribute}` as `{}`", BucketingDialect::Fnv1a.name())
        }
        Hashing::Vendor {
            dialect,
            seed,
            attribute,
        } => {
            format!("`{seed}` and `{attribute}` as `{}`", dialect.name())
        }
        Hashing::Computed(_) => "a computed value".to_owned(),
    }
}
