//! What is known of a network source: its last good document.

use std::fmt;
use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::source::file::stable_read;
use crate::source::file::tracked_file;
use crate::source::last_good::LastGood;
use crate::source::layer;
use crate::source::layer::CompileOptions;

/// A network source and its last good document.
pub struct NetworkSource {
    /// How it is called.
    pub origin: DocumentOrigin,
    /// Its document.
    pub last_good: LastGood,
}

impl fmt::Debug for NetworkSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The name of the source may hold a secret.
        f.debug_struct("Remote")
            .field("source", &self.origin.file)
            .finish_non_exhaustive()
    }
}

/// What became of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdateResult {
    /// It is the document that is in force already.
    Unchanged,
    /// It is in force now.
    Accepted,
    /// It is no document, and why.
    Refused(String),
}

impl NetworkSource {
    /// A source that brought nothing yet.
    pub fn new(name: Arc<str>, label: Arc<str>) -> NetworkSource {
        NetworkSource {
            origin: DocumentOrigin {
                source: name,
                file: label,
            },
            last_good: LastGood::default(),
        }
    }

    /// Takes a text for its document, if it is one.
    pub fn accept_document(
        &mut self,
        bytes: &[u8],
        format: DocumentFormat,
        options: CompileOptions,
    ) -> UpdateResult {
        let hash = stable_read::document_fingerprint(bytes);
        if self.last_good.is_unchanged(hash) {
            return self
                .last_good
                .refusal
                .clone()
                .map_or(UpdateResult::Unchanged, UpdateResult::Refused);
        }
        let (layer, diagnostics) = layer::compile(
            format,
            &self.origin,
            bytes,
            options,
            self.last_good.layer.as_ref(),
        );
        diagnostics.iter().for_each(tracked_file::log_diagnostic);
        let Some(layer) = layer else {
            let why = refusal_reason(&diagnostics);
            self.last_good.refuse(hash, why.clone());
            return UpdateResult::Refused(why);
        };
        self.last_good.accept(hash, layer);
        UpdateResult::Accepted
    }
}

/// Why a text was refused: the first error in it.
pub fn refusal_reason(diagnostics: &[Diagnostic]) -> String {
    let first = diagnostics.iter().find(|d| d.severity == Severity::Error);
    first.map_or_else(|| "it is no flag document".to_owned(), ToString::to_string)
}
