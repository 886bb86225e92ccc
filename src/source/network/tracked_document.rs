//! `TrackedDocument`: the origin and the last good document of a network source.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::fingerprint;
use crate::source::error::SourceError;
use crate::source::last_good::LastGood;
use crate::source::last_good::UpdateResult;
use crate::source::layer::compile::CompileOptions;
use crate::source::network::held_revision::HeldRevision;
use crate::wire::fleet::definitions;
use crate::wire::fleet::revision_id::RevisionId;
use crate::wire::fleet::sync_response::RevisionContent;
use crate::wire::fleet::sync_response::RevisionDelta;

/// A network source and its last good document.
pub struct TrackedDocument {
    /// Its name in diagnostics.
    pub origin: DocumentOrigin,
    /// Its document.
    pub last_good: LastGood,
    /// The revision of its document, if that came with one.
    pub held: Option<HeldRevision>,
}

/// The result of a revision.
#[derive(Debug)]
pub enum RevisionResult {
    /// The document of the revision was accepted or refused, or equals the active one.
    Document(UpdateResult, Bytes),
    /// The revision is that of the active document.
    Confirmed,
    /// The delta is not based on the active document.
    UnknownBase,
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
            held: None,
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

    /// Makes the document of a revision the active one if it is valid.
    pub fn accept_revision(
        &mut self,
        id: RevisionId,
        content: RevisionContent,
        options: CompileOptions,
    ) -> RevisionResult {
        match content {
            RevisionContent::Whole(text) => self.accept_whole(id, text, options),
            RevisionContent::Delta(delta) => self.accept_delta(id, &delta, options),
        }
    }

    fn accept_whole(
        &mut self,
        id: RevisionId,
        text: String,
        options: CompileOptions,
    ) -> RevisionResult {
        let flags = definitions::split_document(&text);
        let hash = flags.as_deref().map(definitions::content_hash);
        if hash.is_some_and(|hash| hash != id.content_hash) {
            let why = "the document does not have the announced content hash";
            let error = SourceError::InvalidDocument(why.to_owned());
            self.last_good.refusal = Some(Arc::new(error));
            return RevisionResult::Document(UpdateResult::Refused, Bytes::new());
        }
        let result = self.accept_document(text.as_bytes(), DocumentFormat::Json, options);
        if result.is_active() {
            let layer = self.last_good.layer.as_deref();
            let held = flags.zip(layer);
            self.held = held.map(|(flags, layer)| HeldRevision::new(id, &flags, layer));
        }
        RevisionResult::Document(result, text.into())
    }

    fn accept_delta(
        &mut self,
        id: RevisionId,
        delta: &RevisionDelta,
        options: CompileOptions,
    ) -> RevisionResult {
        let held = self.held.take();
        let (Some(mut held), Some(layer)) = (held, self.last_good.layer.clone()) else {
            return RevisionResult::UnknownBase;
        };
        let base = held.id.content_hash;
        let is_same = id.content_hash == base && delta.is_empty();
        let patched = || held.patch(delta, &layer, id.content_hash);
        let text = (delta.base_hash == base && !is_same)
            .then(patched)
            .flatten();
        let result = match text {
            Some(text) => {
                let result = self.accept_document(text.as_bytes(), DocumentFormat::Json, options);
                if let Some(layer) = self
                    .last_good
                    .layer
                    .as_deref()
                    .filter(|_| result.is_active())
                {
                    held.advance(id, delta, layer);
                }
                RevisionResult::Document(result, text.into())
            }
            None if delta.base_hash == base && is_same => {
                self.last_good.confirm();
                held.id = id;
                RevisionResult::Confirmed
            }
            None => RevisionResult::UnknownBase,
        };
        self.held = Some(held);
        result
    }

    /// Takes up the revision of a document from the state directory.
    pub fn restore_revision(&mut self, id: RevisionId, bytes: &[u8]) -> Option<RevisionId> {
        let flags = definitions::split_document(std::str::from_utf8(bytes).ok()?)?;
        let layer = self.last_good.layer.as_deref()?;
        if definitions::content_hash(&flags) != id.content_hash {
            return None;
        }
        self.held = Some(HeldRevision::new(id, &flags, layer));
        Some(id)
    }
}
