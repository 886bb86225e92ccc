//! What rollouts promise, held against an edit.
//!
//! Whoever has a variant keeps it while its share grows. A rollback takes it from those who got it last, and shows it to
//! nobody new. Nobody is shown a variant on the way from one to another. The unit that is hashed stays the same. Words
//! keep all of that by themselves as long as only their shares change; rules that people write by hand may not. An edit
//! that breaks a promise takes effect nevertheless: whoever made it may have meant it. It is told, with somebody whom it
//! hits.

mod allocation_diff;
mod allocation;

use std::collections::HashMap;
use std::sync::Arc;

use crate::coop;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::document::Document;
use crate::document::flag::FlagDefinition;
use crate::ruleset;
use crate::ruleset::Ruleset;
use crate::stickiness::allocation::Allocation;

/// What the change from one set of flags to the next breaks, at a time in seconds since 1970.
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
            // What is read again from what flag sync sends stands nowhere but at its key.
            broken.extend(found.map(|told| match flag.unexpanded_definition {
                Some(_) => told,
                None => Diagnostic {
                    position: flag.source_location.0,
                    ..told
                },
            }));
        }
    }
    broken
}

/// The flags that answer differently now, each with what it was.
fn changed_flags<'f>(
    old: &'f Ruleset,
    new: &'f Ruleset,
) -> impl Iterator<Item = (&'f ruleset::CompiledFlag, &'f ruleset::CompiledFlag)> {
    let pairs = ruleset::merge_join(old, new).flat_map(|(old, new)| {
        new.iter().filter_map(move |flag| {
            let was = |old: &&Arc<ruleset::CompiledFlag>| {
                Arc::ptr_eq(old, flag) || old.flag_set_id == flag.flag_set_id
            };
            Some((old.iter().find(was)?, flag))
        })
    });
    // The same flag need not even be looked at.
    let pairs =
        pairs.filter(|(old, new)| !Arc::ptr_eq(old, new) && old.fingerprint != new.fingerprint);
    pairs.map(|(old, new)| (&**old, &**new))
}

/// What the change from one document to the next breaks, at a time in seconds since 1970. Where documents are at hand, this
/// knows every place in them; their words may be expanded.
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

/// Whether a flag divides units into shares at all.
fn uses_bucketing(flag: &ruleset::CompiledFlag) -> bool {
    let rule = flag.targeting_json.as_deref().unwrap_or_default();
    !flag.is_faulty() && (flag.unexpanded_definition.is_some() || rule.contains("fractional"))
}

/// What the edit from `old` to `new`, two flags as written, breaks at a time in seconds since 1970.
///
/// A flag that is killed, disabled or faulty promises nothing, before or after.
pub fn flag_violations(old: &FlagDefinition, new: &FlagDefinition, now: i64) -> Vec<Diagnostic> {
    let mut report = DiagnosticSink::new(new.origin.file.clone());
    if is_inactive(old) || is_inactive(new) {
        return report.finish();
    }
    let before = allocation::allocations_at(old, now);
    for after in allocation::allocations_at(new, now) {
        if let Some(before) = matching_allocation(&before, &after) {
            allocation_diff::report_violations(&new.key, before, &after, &mut report);
        }
    }
    report.finish()
}

fn is_inactive(flag: &FlagDefinition) -> bool {
    let killed = flag
        .rollout_fields
        .as_ref()
        .is_some_and(|words| words.kill_position.is_some());
    killed || flag.disabled || flag.error_code.is_some()
}

/// The lane that `after` was before the edit.
fn matching_allocation<'l>(before: &'l [Allocation], after: &Allocation) -> Option<&'l Allocation> {
    before.iter().find(|lane| lane.id == after.id)
}
