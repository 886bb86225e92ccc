//! Expands the rollout fields of all flags of a document.

use std::sync::Arc;

use crate::document::Document;
use crate::document::rollout::expand;

/// The flags of a merged document, or of several concatenated ones, with rules in place of their rollout fields, in the
/// same order. Static analysis works on these rules.
pub fn expand_rollouts(document: &Document) -> Document {
    if document
        .flags
        .iter()
        .all(|flag| flag.rollout_fields.is_none())
    {
        return document.clone();
    }
    let keys: Vec<&str> = document.flags.iter().map(|flag| &*flag.key).collect();
    let flags = expand::expand_all(document.flags.clone(), &keys).into_iter();
    let flags = flags.map(|(flag, _)| Arc::new(flag)).collect();
    Document { flags }
}
