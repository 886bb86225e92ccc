//! `SourceBackend`: the file or network implementation behind a source.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::source::file::source::FileSource;
use crate::source::last_good::UpdateResult;
use crate::source::layer::Layer;
use crate::source::layer::compile::CompileOptions;
use crate::source::network::tracked_document::TrackedDocument;
use crate::source::spec::SourceKind;
use crate::source::spec::SourceSpec;
use crate::source::state_dir::StateEntry;

/// The implementation of a source.
#[derive(Debug)]
pub enum SourceBackend {
    /// Files.
    File(FileSource),
    /// A document from the network.
    Network(TrackedDocument),
}

/// The documents that were restored from the state directory.
pub struct Restored {
    /// The time when the oldest was last known to be good.
    pub good_at: SystemTime,
    /// The entity tag of a network source's document.
    pub etag: Option<Box<str>>,
}

impl SourceBackend {
    /// Returns a backend without documents.
    pub fn new(spec: &SourceSpec) -> SourceBackend {
        match &spec.kind {
            SourceKind::File(path) => SourceBackend::File(FileSource::new(path)),
            SourceKind::Http(_) | SourceKind::Grpc(_) => SourceBackend::Network(
                TrackedDocument::new(spec.name.clone(), spec.redacted_name.clone()),
            ),
        }
    }

    /// Returns the flags of its documents in order of priority: the last wins.
    pub fn layers(&self) -> Box<dyn Iterator<Item = &Layer> + '_> {
        match self {
            SourceBackend::File(files) => Box::new(files.layers()),
            SourceBackend::Network(network) => Box::new(network.last_good.layer.iter()),
        }
    }

    /// Returns the directories whose file events matter.
    pub fn watched_directories(&self) -> Vec<PathBuf> {
        match self {
            SourceBackend::File(files) => files.watched_directories(),
            SourceBackend::Network(_) => Vec::new(),
        }
    }

    /// Restores the documents of an earlier process, if there are any.
    pub fn restore(&mut self, entries: &[StateEntry], options: CompileOptions) -> Option<Restored> {
        match self {
            SourceBackend::File(files) => Some(Restored {
                good_at: files.restore(entries, options)?,
                etag: None,
            }),
            SourceBackend::Network(network) => {
                let entry = entries.last()?;
                let result = network.accept_document(&entry.bytes, entry.format, options);
                (result == UpdateResult::Accepted).then(|| Restored {
                    good_at: entry.good_at,
                    etag: entry.etag.clone(),
                })
            }
        }
    }
}
