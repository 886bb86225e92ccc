//! Merges documents: for each flag set and key, the flag of the last document that has it.

use std::sync::Arc;

use crate::coop;
use crate::document::Document;
use crate::document::flag::FlagDefinition;

/// Merges documents by [`merge_layers`].
pub fn merge_documents<'d>(documents: impl IntoIterator<Item = &'d Document>) -> Document {
    merge_flags(documents.into_iter().map(|document| &document.flags))
}

/// Merges the flags of documents by [`merge_layers`].
pub fn merge_flags<'d>(
    layers: impl IntoIterator<Item: IntoIterator<Item = &'d Arc<FlagDefinition>>>,
) -> Document {
    let flags = merge_layers(layers, |flag| (&flag.key, flag.flag_set_id()));
    Document { flags }
}

/// The identity of a flag: its key and its flag set.
pub type FlagIdentity<'f> = (&'f str, Option<&'f str>);

/// All flags of `layers`, sorted by key. If layers share a key within one flag set, only the last layer's flag remains.
/// Flags with equal keys in different flag sets are sorted by layer, then by set id.
///
/// Computed from all layers each time, so that an overridden flag reappears when the later definition is removed.
pub fn merge_layers<'l, F: 'l>(
    layers: impl IntoIterator<Item: IntoIterator<Item = &'l Arc<F>>>,
    identity: impl Fn(&F) -> FlagIdentity<'_>,
) -> Vec<Arc<F>> {
    let mut all = Vec::new();
    for (rank, layer) in layers.into_iter().enumerate() {
        // The identity is stored beside the flag: sorting thousands of flags compares it many times.
        all.extend(coop::yielding_cheap(layer).map(|flag| (identity(flag), rank, flag)));
    }
    // The sort is stable, so that of equal flags the one of the last layer comes last.
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
