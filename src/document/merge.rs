//! Lays documents over each other: for each flag set and key, the flag of the last document that has it.

use std::sync::Arc;

use crate::courtesy;
use crate::document::Document;
use crate::document::flag::Flag;

/// All flags of `documents`, as [`lay`] lays them over each other.
pub fn merge<'d>(documents: impl IntoIterator<Item = &'d Document>) -> Document {
    merge_all(documents.into_iter().map(|document| &document.flags))
}

/// The same for the flags of documents.
pub fn merge_all<'d>(
    layers: impl IntoIterator<Item: IntoIterator<Item = &'d Arc<Flag>>>,
) -> Document {
    let flags = lay(layers, |flag| (&flag.key, flag.set()));
    Document { flags }
}

/// What tells flags apart: the key, and the flag set.
pub type Identity<'f> = (&'f str, Option<&'f str>);

/// All flags of `layers`, sorted by key. Of equal keys in one flag set only the later layer's flag is left; of equal
/// keys in several flag sets the later layer's comes last, and within one layer the greater set id.
///
/// Always made anew from all layers, so that a shadowed flag returns when its shadow goes.
pub fn lay<'l, F: 'l>(
    layers: impl IntoIterator<Item: IntoIterator<Item = &'l Arc<F>>>,
    identity: impl Fn(&F) -> Identity<'_>,
) -> Vec<Arc<F>> {
    let mut all = Vec::new();
    for (rank, layer) in layers.into_iter().enumerate() {
        // What is compared stands beside the flag: whoever sorts thousands looks there again and again.
        all.extend(courtesy::along(layer).map(|flag| (identity(flag), rank, flag)));
    }
    // The sort is stable, so that of equal flags the one that counts comes last.
    all.sort_by(|(a, ..), (b, ..)| courtesy::compare(a, b));
    all.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            *earlier = *later;
        }
        same
    });
    for group in courtesy::along(all.chunk_by_mut(|(a, ..), (b, ..)| a.0 == b.0)) {
        group.sort_by_key(|(_, rank, _)| *rank);
    }
    let all = courtesy::along(all);
    all.map(|(.., flag)| flag.clone()).collect()
}
