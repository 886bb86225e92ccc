//! Lays documents over each other: for each flag set and key, the flag of the last document that has it.

use std::collections::HashMap;

use crate::document::Document;

/// All flags of `documents`, sorted by key. Of equal keys in one flag set only the later document's flag is left; of
/// equal keys in several flag sets the later document's comes last, and within one document the greater set id.
///
/// Always made anew from all documents, so that a shadowed flag returns when its shadow goes.
pub fn merge<'d>(documents: impl IntoIterator<Item = &'d Document>) -> Document {
    let mut winners = HashMap::new();
    for (rank, document) in documents.into_iter().enumerate() {
        for flag in &document.flags {
            winners.insert((&*flag.key, flag.set()), (rank, flag));
        }
    }
    let mut flags: Vec<_> = winners.into_values().collect();
    flags.sort_by(|(rank_a, a), (rank_b, b)| {
        let by_rank = a.key.cmp(&b.key).then(rank_a.cmp(rank_b));
        by_rank.then_with(|| a.set().cmp(&b.set()))
    });
    let flags = flags.into_iter().map(|(_, flag)| flag.clone()).collect();
    Document { flags }
}
