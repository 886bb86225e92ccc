//! `DocumentDefaults`: the metadata and rings that every flag of a document inherits.

use std::sync::Arc;

use crate::document::rollout::ring::Rings;
use crate::value::OwnedMap;

/// The properties that every flag of a document inherits.
#[derive(Debug)]
pub struct DocumentDefaults {
    /// The metadata of the flag set.
    pub metadata: OwnedMap,
    /// The rings that rollouts may name.
    pub rings: Arc<Rings>,
}
