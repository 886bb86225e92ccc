//! Two generations of flags, side by side.

use std::iter;
use std::slice;
use std::sync::Arc;

use crate::courtesy;
use crate::ruleset::Flag;
use crate::ruleset::Ruleset;

/// Flags, sorted by key.
type Flags<'f> = &'f [Arc<Flag>];

/// For each key of either generation, in order, the flags that have it in the one and in the other.
pub fn abreast<'f>(
    before: &'f Ruleset,
    after: &'f Ruleset,
) -> impl Iterator<Item = (Flags<'f>, Flags<'f>)> {
    let distinct = before.distinct && after.distinct;
    let (mut before, mut after) = (&*before.flags, &*after.flags);
    iter::from_fn(move || {
        courtesy::step();
        // Most flags are the same ones, and need not even be looked at.
        if distinct && let Some(same) = take_same(&mut before, &mut after) {
            return Some(same);
        }
        let heads = [before.first(), after.first()];
        let key = heads.into_iter().flatten().map(|flag| &flag.key).min()?;
        Some((take(&mut before, key), take(&mut after, key)))
    })
}

/// Takes the first flag of both, if it is the same one.
fn take_same<'f>(before: &mut Flags<'f>, after: &mut Flags<'f>) -> Option<(Flags<'f>, Flags<'f>)> {
    let (old, olds) = before.split_first()?;
    let (new, news) = after.split_first()?;
    Arc::ptr_eq(old, new).then(|| {
        (*before, *after) = (olds, news);
        (slice::from_ref(old), slice::from_ref(new))
    })
}

/// Takes the flags with this key from the front.
fn take<'f>(flags: &mut Flags<'f>, key: &Arc<str>) -> Flags<'f> {
    let count = flags.iter().take_while(|flag| flag.key == *key).count();
    let (these, others) = flags.split_at(count);
    *flags = others;
    these
}
