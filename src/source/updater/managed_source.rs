//! One source as the loader knows it, whatever its kind.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use bytes::Bytes;

use crate::source::file::scan_scope::ScanScope;
use crate::source::file::source::FileSource;
use crate::source::layer::CompileOptions;
use crate::source::layer::Layer;
use crate::source::network::source::NetworkSource;
use crate::source::network::source::UpdateResult;
use crate::source::spec::SourceKind;
use crate::source::spec::SourceSpec;
use crate::source::state_dir::StateEntry;
use crate::source::state_dir::writer::StateWriter;
use crate::source::status::FailureKind;
use crate::source::status::SourceStatus;
use crate::source::update_channel::FetchedDocument;
use crate::source::update_channel::SourceUpdate;
use crate::source::updater::reporting::Reminders;
use crate::source::updater::reporting::report_failure;

/// A source, its documents and how it is doing.
#[derive(Debug)]
pub struct ManagedSource {
    /// How it is reached.
    pub kind: SourceKind,
    /// How it is doing.
    pub status: Arc<SourceStatus>,
    /// Whether it was asked once, whatever came of it.
    pub attempted: bool,
    /// How the server called the document of an earlier process.
    pub restored_etag: Option<Box<str>>,
    backend: SourceBackend,
    reminders: Reminders,
}

#[derive(Debug)]
enum SourceBackend {
    File(FileSource),
    Network(NetworkSource),
}

impl ManagedSource {
    /// A source that was not asked yet.
    pub fn new(spec: &SourceSpec) -> ManagedSource {
        let content = match &spec.kind {
            SourceKind::File(path) => SourceBackend::File(FileSource::new(path)),
            SourceKind::Http(_) | SourceKind::Grpc(_) => SourceBackend::Network(
                NetworkSource::new(spec.name.clone(), spec.redacted_name.clone()),
            ),
        };
        if let SourceKind::Grpc(grpc) = &spec.kind
            && grpc.incremental
        {
            let source = &*spec.redacted_name;
            tracing::warn!(
                source,
                "incrementalUpdates has no effect: each message replaces all flags of the source"
            );
        }
        ManagedSource {
            kind: spec.kind.clone(),
            status: Arc::new(SourceStatus::new(spec)),
            attempted: false,
            restored_etag: None,
            backend: content,
            reminders: Reminders::default(),
        }
    }

    /// Whether it is a network source.
    pub fn is_network(&self) -> bool {
        matches!(self.backend, SourceBackend::Network(_))
    }

    /// The flags of its documents, later ones over earlier ones.
    pub fn layers(&self) -> Box<dyn Iterator<Item = &Layer> + '_> {
        match &self.backend {
            SourceBackend::File(files) => Box::new(files.layers()),
            SourceBackend::Network(remote) => Box::new(remote.last_good.layer.iter()),
        }
    }

    /// Whether it has a document.
    pub fn has_document(&self) -> bool {
        self.layers().next().is_some()
    }

    /// The directories in which events matter.
    pub fn watched_directories(&self) -> Vec<PathBuf> {
        match &self.backend {
            SourceBackend::File(files) => files.watched_directories(),
            SourceBackend::Network(_) => Vec::new(),
        }
    }

    /// Takes what an earlier process left. Whether that was anything.
    pub fn restore(&mut self, entries: &[StateEntry], options: CompileOptions) -> bool {
        let good_at = match &mut self.backend {
            SourceBackend::File(files) => files.restore(entries, options),
            SourceBackend::Network(remote) => entries.last().and_then(|entry| {
                let verdict = remote.accept_document(&entry.bytes, entry.format, options);
                self.restored_etag.clone_from(&entry.etag);
                (verdict == UpdateResult::Accepted).then_some(entry.good_at)
            }),
        };
        let Some(good_at) = good_at else {
            self.restored_etag = None;
            return false;
        };
        self.status.record_restored(good_at);
        let age = SystemTime::now().duration_since(good_at);
        let (source, age_seconds) = (
            &*self.status.redacted_name,
            age.unwrap_or_default().as_secs(),
        );
        tracing::info!(
            source,
            age_seconds,
            "flags of the state directory are in force until the source answers; they are {age_seconds} s old"
        );
        true
    }

    /// Looks at files. Whether a document changed.
    pub fn scan(
        &mut self,
        look: &ScanScope,
        options: CompileOptions,
        state_writer: &mut StateWriter,
    ) -> bool {
        let SourceBackend::File(files) = &mut self.backend else {
            return false;
        };
        let now = SystemTime::now();
        self.attempted = true;
        let scan = files.scan(look, options);
        let changed = scan.has_changes();
        for file in &scan.removed {
            state_writer.remove(&self.status.name, file);
        }
        for (file, format, bytes) in scan.updated {
            self.status.record_accepted(now);
            state_writer.enqueue(|| StateEntry {
                source: self.status.name.clone(),
                file,
                format,
                good_at: now,
                etag: None,
                bytes: Bytes::from_owner(bytes),
            });
        }
        match files.failure() {
            // The files themselves have told it.
            Some((trouble, why)) => drop(self.status.record_failure(now, trouble, why)),
            None if files.layers().next().is_some() => self.status.record_up_to_date(now),
            None => {}
        }
        changed
    }

    /// Takes what a network source tells. Whether its document changed.
    pub fn handle_update(
        &mut self,
        update: SourceUpdate,
        options: CompileOptions,
        state_writer: &mut StateWriter,
    ) -> bool {
        self.attempted = true;
        match update {
            SourceUpdate::Document(delivery, verdict) => {
                let taken = self.accept_document(&delivery, options, state_writer);
                // Who asked may be gone.
                let _ = verdict.send(!matches!(taken, UpdateResult::Refused(_)));
                taken == UpdateResult::Accepted
            }
            SourceUpdate::Unchanged => {
                self.status.record_up_to_date(SystemTime::now());
                false
            }
            SourceUpdate::Failed(why) => {
                report_failure(
                    &self.status,
                    self.has_document(),
                    FailureKind::Unavailable,
                    &why,
                );
                false
            }
        }
    }

    fn accept_document(
        &mut self,
        document: &FetchedDocument,
        options: CompileOptions,
        state_writer: &mut StateWriter,
    ) -> UpdateResult {
        let SourceBackend::Network(remote) = &mut self.backend else {
            return UpdateResult::Unchanged;
        };
        let now = SystemTime::now();
        let verdict = remote.accept_document(&document.bytes, document.format, options);
        match &verdict {
            UpdateResult::Refused(why) => {
                let kept = remote.last_good.layer.is_some();
                report_failure(&self.status, kept, FailureKind::InvalidDocument, why);
            }
            UpdateResult::Unchanged => self.status.record_up_to_date(now),
            UpdateResult::Accepted => {
                self.status.record_accepted(now);
                state_writer.enqueue(|| StateEntry {
                    source: self.status.name.clone(),
                    file: self.status.redacted_name.clone(),
                    format: document.format,
                    good_at: now,
                    etag: document.etag.clone(),
                    bytes: Bytes::clone(&document.bytes),
                });
            }
        }
        verdict
    }

    /// What is due from time to time: a word about flags that are stale, and in the state directory that they are not.
    pub fn tick(&mut self, now: SystemTime, reminder: Duration, state_writer: &StateWriter) {
        self.reminders.remind(&self.status, now, reminder);
        if !self.reminders.is_touch_due(&self.status, now) {
            return;
        }
        let name = &self.status.name;
        match &self.backend {
            SourceBackend::File(files) => files
                .file_names()
                .for_each(|file| state_writer.touch(name, file)),
            SourceBackend::Network(_) => state_writer.touch(name, &self.status.redacted_name),
        }
    }
}
