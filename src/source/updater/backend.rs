//! `SourceBackend`: the file or network implementation behind a source.

use std::sync::Arc;

use crate::source::file::scan_worker::ScanContext;
use crate::source::last_good::UpdateResult;
use crate::source::layer::Layer;
use crate::source::layer::compile::CompileOptions;
use crate::source::network::tracked_document::TrackedDocument;
use crate::source::spec::SourceKind;
use crate::source::spec::SourceSpec;
use crate::source::state_dir::StateEntry;
use crate::source::updater::file_backend::FileBackend;
use crate::source::updater::file_backend::Restored;
use crate::wire::fleet::revision_id::RevisionId;

/// The implementation of a source.
#[derive(Debug)]
pub enum SourceBackend {
    /// Files.
    File(FileBackend),
    /// A document from the network.
    Network(TrackedDocument),
}

impl SourceBackend {
    /// Returns a backend without documents.
    pub fn new(
        spec: &SourceSpec,
        source_index: usize,
        options: CompileOptions,
        context: &Arc<ScanContext>,
    ) -> SourceBackend {
        match &spec.kind {
            SourceKind::File(path) => {
                SourceBackend::File(FileBackend::new(path, source_index, options, context))
            }
            SourceKind::Http(_)
            | SourceKind::Grpc(_)
            | SourceKind::Kubernetes(_)
            | SourceKind::ObjectStore(_) => {
                let (name, label) = (spec.name.clone(), spec.redacted_name.clone());
                SourceBackend::Network(TrackedDocument::new(name, label))
            }
        }
    }

    /// Returns the flags of its documents in order of priority: the last wins.
    pub fn layers(&self) -> Box<dyn Iterator<Item = &Layer> + '_> {
        match self {
            SourceBackend::File(files) => files.layers(),
            SourceBackend::Network(network) => {
                Box::new(network.last_good.layer.as_deref().into_iter())
            }
        }
    }

    /// Restores the documents of an earlier process, if there are any.
    pub fn restore(&mut self, entries: &[StateEntry], options: CompileOptions) -> Option<Restored> {
        match self {
            SourceBackend::File(files) => files.restore(entries, options),
            SourceBackend::Network(network) => {
                let entry = entries.last()?;
                let result = network.accept_document(&entry.bytes, entry.format, options);
                if result != UpdateResult::Accepted {
                    return None;
                }
                let revision = entry.etag.as_deref().and_then(RevisionId::parse);
                let revision = revision.and_then(|id| network.restore_revision(id, &entry.bytes));
                Some(Restored {
                    good_at: entry.good_at,
                    etag: entry.etag.clone(),
                    revision,
                })
            }
        }
    }
}
