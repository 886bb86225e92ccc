//! Stickiness: checks that an edit to a running rollout does not take variants from users.
//!
//! A user keeps a variant while the share of the variant grows. A rollback takes the variant from the users who got it
//! last, and shows it to no new user. A user moves only from a variant whose share shrinks to a variant whose share
//! grows. The bucketing key stays the same. Rollout fields guarantee this as long as only their shares change;
//! handwritten rules may not. An edit that violates stickiness still takes effect, because it may be intended; the
//! diagnostic names an affected user.

mod allocation;
mod allocation_diff;
mod flag_allocations;
mod fractional_allocation;
pub mod plan;
mod rollout_allocation;
mod violation;

use std::collections::HashMap;
use std::sync::Arc;

use crate::coop;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::document::Document;
use crate::document::flag::FlagDefinition;
use crate::ruleset::CompiledFlag;
use crate::ruleset::Ruleset;
use crate::ruleset::merge_join::merge_join;
use crate::stickiness::allocation::Allocation;
use crate::stickiness::flag_allocations::allocations_at;
use crate::stickiness::violation::report_violations;

/// The stickiness violations of the change from one ruleset to the next, at a time in seconds since 1970.
pub fn ruleset_violations(old: &Ruleset, new: &Ruleset, now: i64) -> Vec<Diagnostic> {
    let mut broken = Vec::new();
    for (before, flag) in
        changed_flags(old, new).filter(|(old, new)| uses_bucketing(old) && uses_bucketing(new))
    {
        coop::yield_if_due();
        if let (Some(before), Some(after)) =
            (before.to_flag_definition(), flag.to_flag_definition())
        {
            let found = flag_violations(&before, &after, now).into_iter();
            // A reconstructed definition has no positions in the file: its diagnostics are reported at the flag's key.
            broken.extend(found.map(|diagnostic| match flag.unexpanded_definition {
                Some(_) => diagnostic,
                None => Diagnostic {
                    position: flag.source_location.0,
                    ..diagnostic
                },
            }));
        }
    }
    broken
}

/// The flags whose fingerprints changed, each with its predecessor.
fn changed_flags<'f>(
    old: &'f Ruleset,
    new: &'f Ruleset,
) -> impl Iterator<Item = (&'f CompiledFlag, &'f CompiledFlag)> {
    let pairs = merge_join(old, new).flat_map(|(old, new)| {
        new.iter().filter_map(move |flag| {
            let was = |old: &&Arc<CompiledFlag>| {
                Arc::ptr_eq(old, flag) || old.flag_set_id == flag.flag_set_id
            };
            Some((old.iter().find(was)?, flag))
        })
    });
    // An identical flag needs no comparison of fingerprints.
    let pairs =
        pairs.filter(|(old, new)| !Arc::ptr_eq(old, new) && old.fingerprint != new.fingerprint);
    pairs.map(|(old, new)| (&**old, &**new))
}

/// The stickiness violations of the change from one document to the next, at a time in seconds since 1970. Diagnostics
/// have exact positions; rollout fields may be expanded.
pub fn document_violations(old: &Document, new: &Document, now: i64) -> Vec<Diagnostic> {
    let known = old.flags.iter();
    let known = known.map(|flag| ((&*flag.key, flag.flag_set_id()), flag));
    let known: HashMap<_, _> = known.collect();
    let pairs = new.flags.iter().filter_map(|flag| {
        let before = known.get(&(&*flag.key, flag.flag_set_id()))?;
        Some((*before, flag))
    });
    pairs
        .flat_map(|(before, after)| flag_violations(before, after, now))
        .collect()
}

/// Returns true if a flag divides units into shares.
fn uses_bucketing(flag: &CompiledFlag) -> bool {
    let rule = flag.targeting_json.as_deref().unwrap_or_default();
    !flag.is_faulty() && (flag.unexpanded_definition.is_some() || rule.contains("fractional"))
}

/// The stickiness violations of the edit from one definition to the next, at a time in seconds since 1970.
///
/// Empty if the flag is killed, disabled or faulty before or after the edit.
pub fn flag_violations(old: &FlagDefinition, new: &FlagDefinition, now: i64) -> Vec<Diagnostic> {
    let mut report = DiagnosticSink::for_flag(new.origin.file.clone(), &new.key);
    if is_inactive(old) || is_inactive(new) {
        return report.finish();
    }
    let before = allocations_at(old, now);
    for after in allocations_at(new, now) {
        if let Some(before) = matching_allocation(&before, &after) {
            report_violations(&new.key, before, &after, &mut report);
        }
    }
    report.finish()
}

fn is_inactive(flag: &FlagDefinition) -> bool {
    let killed = flag
        .rollout_fields
        .as_ref()
        .is_some_and(|fields| fields.kill_position.is_some());
    killed || flag.disabled || flag.error_code.is_some()
}

/// The allocation before the edit that has the same id as `after`.
fn matching_allocation<'l>(before: &'l [Allocation], after: &Allocation) -> Option<&'l Allocation> {
    before.iter().find(|allocation| allocation.id == after.id)
}
