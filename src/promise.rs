//! What rollouts promise, held against an edit.
//!
//! Whoever has a variant keeps it while its share grows. A rollback takes it from those who got it last, and shows it to
//! nobody new. Nobody is shown a variant on the way from one to another. The unit that is hashed stays the same. Words
//! keep all of that by themselves as long as only their shares change; rules that people write by hand may not. An edit
//! that breaks a promise takes effect nevertheless: whoever made it may have meant it. It is told, with somebody whom it
//! hits.

mod compare;
mod lane;

use std::collections::HashMap;
use std::sync::Arc;

use crate::courtesy;
use crate::diag::Diagnostic;
use crate::diag::Report;
use crate::document::Document;
use crate::document::flag::Flag;
use crate::promise::lane::Lane;
use crate::ruleset;
use crate::ruleset::Ruleset;

/// What the change from one set of flags to the next breaks, at a time in seconds since 1970.
pub fn check_all(old: &Ruleset, new: &Ruleset, now: i64) -> Vec<Diagnostic> {
    let mut broken = Vec::new();
    for (before, flag) in edited(old, new).filter(|(old, new)| splits(old) && splits(new)) {
        courtesy::pause();
        if let (Some(before), Some(after)) = (before.as_written(), flag.as_written()) {
            let found = check(&before, &after, now).into_iter();
            // What is read again from what flag sync sends stands nowhere but at its key.
            broken.extend(found.map(|told| match flag.written {
                Some(_) => told,
                None => Diagnostic {
                    place: flag.stood.0,
                    ..told
                },
            }));
        }
    }
    broken
}

/// The flags that answer differently now, each with what it was.
fn edited<'f>(
    old: &'f Ruleset,
    new: &'f Ruleset,
) -> impl Iterator<Item = (&'f ruleset::Flag, &'f ruleset::Flag)> {
    let pairs = ruleset::abreast(old, new).flat_map(|(old, new)| {
        new.iter().filter_map(move |flag| {
            let was = |old: &&Arc<ruleset::Flag>| Arc::ptr_eq(old, flag) || old.set == flag.set;
            Some((old.iter().find(was)?, flag))
        })
    });
    // The same flag need not even be looked at.
    let pairs = pairs.filter(|(old, new)| !Arc::ptr_eq(old, new) && old.print != new.print);
    pairs.map(|(old, new)| (&**old, &**new))
}

/// What the change from one document to the next breaks, at a time in seconds since 1970. Where documents are at hand, this
/// knows every place in them; their words may be expanded.
pub fn check_documents(old: &Document, new: &Document, now: i64) -> Vec<Diagnostic> {
    let known = old.flags.iter();
    let known = known.map(|flag| ((&*flag.key, flag.set()), flag));
    let known: HashMap<_, _> = known.collect();
    let pairs = new.flags.iter().filter_map(|flag| {
        let before = known.get(&(&*flag.key, flag.set()))?;
        Some((*before, flag))
    });
    pairs
        .flat_map(|(before, after)| check(before, after, now))
        .collect()
}

/// Whether a flag divides units into shares at all.
fn splits(flag: &ruleset::Flag) -> bool {
    let rule = flag.rule.as_deref().unwrap_or_default();
    !flag.is_faulty() && (flag.written.is_some() || rule.contains("fractional"))
}

/// What the edit from `old` to `new`, two flags as written, breaks at a time in seconds since 1970.
///
/// A flag that is killed, disabled or faulty promises nothing, before or after.
pub fn check(old: &Flag, new: &Flag, now: i64) -> Vec<Diagnostic> {
    let mut report = Report::new(new.origin.file.clone());
    if is_silent(old) || is_silent(new) {
        return report.finish();
    }
    let before = lane::lanes(old, now);
    for after in lane::lanes(new, now) {
        if let Some(before) = partner(&before, &after) {
            compare::compare(&new.key, before, &after, &mut report);
        }
    }
    report.finish()
}

fn is_silent(flag: &Flag) -> bool {
    let killed = flag
        .words
        .as_ref()
        .is_some_and(|words| words.kill.is_some());
    killed || flag.disabled || flag.fault.is_some()
}

/// The lane that `after` was before the edit.
fn partner<'l>(before: &'l [Lane], after: &Lane) -> Option<&'l Lane> {
    before.iter().find(|lane| lane.id == after.id)
}
