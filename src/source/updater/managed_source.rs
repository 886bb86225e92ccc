//! `ManagedSource`: one source of any kind, with its documents, its status and its entries in the state directory.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use crate::source::Timing;
use crate::source::file::scan_scope::ScanScope;
use crate::source::last_good::UpdateResult;
use crate::source::layer::Layer;
use crate::source::layer::compile::CompileOptions;
use crate::source::spec::SourceKind;
use crate::source::spec::SourceSpec;
use crate::source::state_dir::StateEntry;
use crate::source::state_dir::writer::StateWriter;
use crate::source::status::SourceStatus;
use crate::source::update_channel::FetchedDocument;
use crate::source::update_channel::SourceUpdate;
use crate::source::updater::backend::SourceBackend;
use crate::source::updater::failure_reports::report_failure;
use crate::source::updater::reminders::Reminders;

/// A source, its documents and its status.
#[derive(Debug)]
pub struct ManagedSource {
    /// Its specification.
    pub kind: SourceKind,
    /// Its status.
    pub status: Arc<SourceStatus>,
    /// True if it was read once, with or without success.
    pub attempted: bool,
    /// The entity tag of the restored document.
    pub restored_etag: Option<Box<str>>,
    backend: SourceBackend,
    reminders: Reminders,
}

impl ManagedSource {
    /// Returns a source that was not read yet.
    pub fn new(spec: &SourceSpec) -> ManagedSource {
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
            backend: SourceBackend::new(spec),
            reminders: Reminders::default(),
        }
    }

    /// Returns true if it is a network source.
    pub fn is_network(&self) -> bool {
        matches!(self.backend, SourceBackend::Network(_))
    }

    /// Returns the flags of its documents in order of priority: the last wins.
    pub fn layers(&self) -> Box<dyn Iterator<Item = &Layer> + '_> {
        self.backend.layers()
    }

    /// Returns true if it has a document.
    pub fn has_document(&self) -> bool {
        self.layers().next().is_some()
    }

    /// Returns the directories whose file events matter.
    pub fn watched_directories(&self) -> Vec<PathBuf> {
        self.backend.watched_directories()
    }

    /// Restores the documents of an earlier process. Returns true if there are any.
    pub fn restore(&mut self, entries: &[StateEntry], options: CompileOptions) -> bool {
        let Some(restored) = self.backend.restore(entries, options) else {
            return false;
        };
        let good_at = restored.good_at;
        self.restored_etag = restored.etag;
        self.status.record_restored(good_at);
        let age = SystemTime::now().duration_since(good_at);
        let age_seconds = age.unwrap_or_default().as_secs();
        let source = &*self.status.redacted_name;
        tracing::info!(
            source,
            age_seconds,
            "serving flags from the state directory, {age_seconds} s old, until the source responds"
        );
        true
    }

    /// Scans the files. Returns true if a document changed.
    pub fn scan(
        &mut self,
        scope: &ScanScope,
        options: CompileOptions,
        state_writer: &mut StateWriter,
    ) -> bool {
        let SourceBackend::File(files) = &mut self.backend else {
            return false;
        };
        let now = SystemTime::now();
        self.attempted = true;
        let scan = files.scan(scope, options);
        let changed = scan.has_changes();
        self.status.count_refused(scan.refused);
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
            // The file source has logged it.
            Some(error) => drop(self.status.record_failure(now, error)),
            None if files.layers().next().is_some() => self.status.record_up_to_date(now),
            None => {}
        }
        changed
    }

    /// Applies an update of a network source. Returns true if its document changed.
    pub fn handle_update(
        &mut self,
        update: SourceUpdate,
        options: CompileOptions,
        state_writer: &mut StateWriter,
    ) -> bool {
        self.attempted = true;
        match update {
            SourceUpdate::Document(document, verdict) => {
                let result = self.accept_document(&document, options, state_writer);
                // The task of the source may have ended.
                let _ = verdict.send(matches!(
                    result,
                    UpdateResult::Accepted | UpdateResult::Unchanged
                ));
                result == UpdateResult::Accepted
            }
            SourceUpdate::Unchanged => {
                self.status.record_up_to_date(SystemTime::now());
                false
            }
            SourceUpdate::Failed(error) => {
                report_failure(&self.status, self.has_document(), &error);
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
        let result = remote.accept_document(&document.bytes, document.format, options);
        match result {
            UpdateResult::Refused | UpdateResult::StillRefused => {
                let kept = remote.last_good.layer.is_some();
                self.status
                    .count_refused(u64::from(result == UpdateResult::Refused));
                if let Some(error) = &remote.last_good.refusal {
                    report_failure(&self.status, kept, error);
                }
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
        result
    }

    /// When due, logs a reminder of stale flags, or marks the documents in the state directory as up to date.
    pub fn tick(&mut self, now: SystemTime, timing: Timing, state_writer: &StateWriter) {
        self.reminders.remind(&self.status, now, timing);
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
