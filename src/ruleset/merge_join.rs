//! Merge join of two generations of flags by key.

use std::iter;
use std::slice;
use std::sync::Arc;

use crate::coop;
use crate::ruleset::Ruleset;
use crate::ruleset::flag::CompiledFlag;

/// Flags, sorted by key.
type FlagSlice<'f> = &'f [Arc<CompiledFlag>];

/// For each key of either generation, in order, the flags with this key before and after.
pub fn merge_join<'f>(
    before: &'f Ruleset,
    after: &'f Ruleset,
) -> impl Iterator<Item = (FlagSlice<'f>, FlagSlice<'f>)> {
    let keys_are_unique = before.keys_are_unique && after.keys_are_unique;
    let (mut before, mut after) = (&*before.flags, &*after.flags);
    iter::from_fn(move || {
        coop::tick();
        // Most flags are identical: comparing the pointers suffices.
        if keys_are_unique && let Some(same) = pop_identical(&mut before, &mut after) {
            return Some(same);
        }
        let heads = [before.first(), after.first()];
        let key = heads.into_iter().flatten().map(|flag| &flag.key).min()?;
        Some((pop_key(&mut before, key), pop_key(&mut after, key)))
    })
}

/// Takes the first flag of both generations if they are identical.
fn pop_identical<'f>(
    before: &mut FlagSlice<'f>,
    after: &mut FlagSlice<'f>,
) -> Option<(FlagSlice<'f>, FlagSlice<'f>)> {
    let (old, olds) = before.split_first()?;
    let (new, news) = after.split_first()?;
    Arc::ptr_eq(old, new).then(|| {
        (*before, *after) = (olds, news);
        (slice::from_ref(old), slice::from_ref(new))
    })
}

/// Takes the flags with this key from the front.
fn pop_key<'f>(flags: &mut FlagSlice<'f>, key: &Arc<str>) -> FlagSlice<'f> {
    let count = flags.iter().take_while(|flag| flag.key == *key).count();
    let (these, others) = flags.split_at(count);
    *flags = others;
    these
}
