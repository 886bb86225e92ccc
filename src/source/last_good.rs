//! The last good document of a file or a network source: accepts valid documents, refuses others and keeps the old one.

use std::sync::Arc;

use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::source::diagnostic_log::log_diagnostics;
use crate::source::diagnostic_log::shortened;
use crate::source::error::SourceError;
use crate::source::layer::Layer;
use crate::source::layer::compile;
use crate::source::layer::compile::CompileOptions;

/// The last good document, and the fingerprint and refusal of the latest text.
#[derive(Debug, Default)]
pub struct LastGood {
    /// The flags of the last good document.
    pub layer: Option<Arc<Layer>>,
    /// The fingerprint of its text.
    good_fingerprint: Option<u64>,
    /// The fingerprint of the last text, good or not.
    last_fingerprint: Option<u64>,
    /// The reason why the last text was refused, if it was.
    pub refusal: Option<Arc<SourceError>>,
}

/// The result of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateResult {
    /// The text is that of the active document.
    Unchanged,
    /// The document is active now.
    Accepted,
    /// The text is invalid: see [`LastGood::refusal`].
    Refused,
    /// The text is the invalid one that was refused last.
    StillRefused,
}

impl UpdateResult {
    /// Returns true if the text is that of the active document now.
    pub fn is_active(self) -> bool {
        match self {
            UpdateResult::Unchanged | UpdateResult::Accepted => true,
            UpdateResult::Refused | UpdateResult::StillRefused => false,
        }
    }
}

impl LastGood {
    /// Records that the active document is up to date, whatever was refused before.
    pub fn confirm(&mut self) {
        self.last_fingerprint = self.good_fingerprint;
        self.refusal = None;
    }

    /// Returns true if a text need not be compiled: it is that of the active document, or the one that was refused
    /// last.
    pub fn is_unchanged(&mut self, fingerprint: u64) -> bool {
        if self.good_fingerprint == Some(fingerprint) {
            self.last_fingerprint = self.good_fingerprint;
            self.refusal = None;
        }
        self.last_fingerprint == Some(fingerprint)
    }

    /// Compiles a text; flags that are unchanged since the last good document are reused.
    pub fn compile(
        &self,
        format: DocumentFormat,
        origin: &DocumentOrigin,
        bytes: &[u8],
        options: CompileOptions,
    ) -> (Option<Layer>, Vec<Diagnostic>) {
        compile::compile(format, origin, bytes, options, self.layer.as_deref())
    }

    /// Logs the diagnostics of a text, and makes its document the active one if it is valid.
    pub fn record(
        &mut self,
        fingerprint: u64,
        compiled: (Option<Layer>, Vec<Diagnostic>),
    ) -> UpdateResult {
        let (layer, diagnostics) = compiled;
        log_diagnostics(&diagnostics);
        let Some(layer) = layer else {
            self.last_fingerprint = Some(fingerprint);
            let reason = refusal_reason(&diagnostics);
            self.refusal = Some(Arc::new(SourceError::InvalidDocument(reason)));
            return UpdateResult::Refused;
        };
        self.accept(fingerprint, layer);
        UpdateResult::Accepted
    }

    /// Makes a document the active one.
    pub fn accept(&mut self, fingerprint: u64, layer: Layer) {
        *self = LastGood {
            layer: Some(Arc::new(layer)),
            good_fingerprint: Some(fingerprint),
            last_fingerprint: Some(fingerprint),
            refusal: None,
        };
    }
}

/// Returns the first error among the diagnostics.
fn refusal_reason(diagnostics: &[Diagnostic]) -> String {
    let first = diagnostics.iter().find(|d| d.severity == Severity::Error);
    first.map_or_else(
        || "not a flag document".to_owned(),
        |first| shortened(&first.to_string()).into_owned(),
    )
}
