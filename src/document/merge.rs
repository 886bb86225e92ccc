//! Lays documents over each other: for each flag set and key, the flag of the last document that has it.

use std::sync::Arc;

use crate::coop;
use crate::document::Document;
use crate::document::flag::FlagDefinition;

/// All flags of `documents`, as [`merge_layers`] lays them over each other.
pub fn merge_documents<'d>(documents: impl IntoIterator<Item = &'d Document>) -> Document {
    merge_flags(documents.into_iter().map(|document| &document.flags))
}

/// The same for the flags of documents.
pub fn merge_flags<'d>(
    layers: impl IntoIterator<Item: IntoIterator<Item = &'d Arc<FlagDefinition>>>,
) -> Document {
    let flags = merge_layers(layers, |flag| (&flag.key, flag.flag_set_id()));
    Document { flags }
}

/// What tells flags apart: the key, and the flag set.
pub type FlagIdentity<'f> = (&'f str, Option<&'f str>);

/// All flags of `layers`, sorted by key. Of equal keys in one flag set only the later layer's flag is left; of equal
/// keys in several flag sets the later layer's comes last, and within one layer the greater set id.
///
/// Always made anew from all layers, so that a shadowed flag returns when its shadow goes.
pub fn merge_layers<'l, F: 'l>(
    layers: impl IntoIterator<Item: IntoIterator<Item = &'l Arc<F>>>,
    identity: impl Fn(&F) -> FlagIdentity<'_>,
) -> Vec<Arc<F>> {
    let mut all = Vec::new();
    for (rank, layer) in layers.into_iter().enumerate() {
        // What is compared stands beside the flag: whoever sorts thousands looks there again and again.
        all.extend(coop::yielding_cheap(layer).map(|flag| (identity(flag), rank, flag)));
    }
    // The sort is stable, so that of equal flags the one that counts comes last.
    all.sort_by(|(a, ..), (b, ..)| coop::yielding_cmp(a, b));
    all.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            *earlier = *later;
        }
        same
    });
    for group in coop::yielding_cheap(all.chunk_by_mut(|(a, ..), (b, ..)| a.0 == b.0)) {
        group.sort_by_key(|(_, rank, _)| *rank);
    }
    let all = coop::yielding_cheap(all);
    all.map(|(.., flag)| flag.clone()).collect()
}
