//! `TrackedDocument`: the origin and the last good document of a network source.

use std::fmt;
use std::sync::Arc;

use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::fingerprint;
use crate::source::last_good::LastGood;
use crate::source::last_good::UpdateResult;
use crate::source::layer::compile::CompileOptions;

/// A network source and its last good document.
pub struct TrackedDocument {
    /// Its name in diagnostics.
    pub origin: DocumentOrigin,
    /// Its document.
    pub last_good: LastGood,
}

impl fmt::Debug for TrackedDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The name of the source may contain a secret.
        f.debug_struct("TrackedDocument")
            .field("source", &self.origin.file)
            .finish_non_exhaustive()
    }
}

impl TrackedDocument {
    /// A source without a document.
    pub fn new(name: Arc<str>, label: Arc<str>) -> TrackedDocument {
        TrackedDocument {
            origin: DocumentOrigin {
                source: name,
                file: label,
            },
            last_good: LastGood::default(),
        }
    }

    /// Compiles a text and makes it the active document if it is valid.
    pub fn accept_document(
        &mut self,
        bytes: &[u8],
        format: DocumentFormat,
        options: CompileOptions,
    ) -> UpdateResult {
        // The format is included: a server may correct the content type of a text that was refused.
        let hash = fingerprint::hash(&(fingerprint::document(bytes), format));
        if self.last_good.is_unchanged(hash) {
            return match self.last_good.refusal {
                Some(_) => UpdateResult::StillRefused,
                None => UpdateResult::Unchanged,
            };
        }
        let last_good = &mut self.last_good;
        let compiled = last_good.compile(format, &self.origin, bytes, options);
        last_good.record(hash, compiled)
    }
}
