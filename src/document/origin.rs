//! `DocumentOrigin`: the source and the file of a flag document.

use std::sync::Arc;

/// The source and the file of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentOrigin {
    /// The source, as selectors name it.
    pub source: Arc<str>,
    /// The file, as diagnostics name it.
    pub file: Arc<str>,
}
