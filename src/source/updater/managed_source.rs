//! `ManagedSource`: one source of any kind, with its documents, its status and its entries in the state directory.

use std::sync::Arc;
use std::time::Instant;
use std::time::SystemTime;

use bytes::Bytes;

use crate::document::DocumentFormat;
use crate::limits;
use crate::metric::thread_activity::ThreadActivity;
use crate::source::Timing;
use crate::source::error::SourceError;
use crate::source::file::scan_scope::ScanScope;
use crate::source::file::scan_worker::ScanContext;
use crate::source::last_good::UpdateResult;
use crate::source::layer::Layer;
use crate::source::layer::compile::CompileOptions;
use crate::source::network::tracked_document::RevisionResult;
use crate::source::spec::SourceKind;
use crate::source::spec::SourceSpec;
use crate::source::state_dir::StateEntry;
use crate::source::state_dir::writer::StateWriter;
use crate::source::status::SourceStatus;
use crate::source::update_channel::FetchedDocument;
use crate::source::update_channel::FetchedRevision;
use crate::source::update_channel::SourceUpdate;
use crate::source::updater::backend::SourceBackend;
use crate::source::updater::failure_reports::report_failure;
use crate::source::updater::failure_reports::warn_about_restored_store;
use crate::source::updater::pending_answer::PendingAnswer;
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
    /// True if the stall of its thread was reported.
    stall_reported: bool,
    reminders: Reminders,
}

impl ManagedSource {
    /// Returns a source that was not read yet.
    pub fn new(
        spec: &SourceSpec,
        source_index: usize,
        options: CompileOptions,
        context: &Arc<ScanContext>,
    ) -> ManagedSource {
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
            backend: SourceBackend::new(spec, source_index, options, context),
            stall_reported: false,
            reminders: Reminders::default(),
        }
    }

    /// Returns true if it is a network source.
    pub fn is_network(&self) -> bool {
        matches!(self.backend, SourceBackend::Network(_))
    }

    /// Returns true if something may happen without a message: a file changes, a thread stalls or a reminder is due.
    pub fn needs_polling(&self) -> bool {
        let is_followed = match &self.backend {
            SourceBackend::File(files) => files.is_followed(),
            SourceBackend::Network(_) => true,
        };
        !is_followed || self.status.health().is_stale()
    }

    /// Returns the flags of its documents in order of priority: the last wins.
    pub fn layers(&self) -> Box<dyn Iterator<Item = &Layer> + '_> {
        self.backend.layers()
    }

    /// Returns true if it has a document.
    pub fn has_document(&self) -> bool {
        self.layers().next().is_some()
    }

    /// Returns the activity of its thread, if it has one.
    pub fn activity(&self) -> Option<&Arc<ThreadActivity>> {
        match &self.backend {
            SourceBackend::File(files) => Some(files.worker.activity()),
            SourceBackend::Network(_) => None,
        }
    }

    /// Restores the documents of an earlier process. Returns true if there are any.
    pub fn restore(&mut self, entries: &[StateEntry], options: CompileOptions) -> bool {
        let Some(restored) = self.backend.restore(entries, options) else {
            return false;
        };
        self.restored_etag = restored.etag;
        self.status.record_restored(restored.good_at);
        self.status.record_revision(restored.revision);
        let now = SystemTime::now();
        let age_seconds = self.status.health().age(now).map(|age| age.as_secs());
        let age = age_seconds.map_or_else(
            || "of unknown age, because their time is in the future".to_owned(),
            |seconds| format!("{seconds} s old"),
        );
        let source = &*self.status.redacted_name;
        tracing::info!(
            source,
            age_seconds,
            "serving flags from the state directory, {age}, until the source responds"
        );
        true
    }

    /// Requests a scan of the files, if it is a file source.
    pub fn request_scan(&mut self, scope: &ScanScope) {
        let SourceBackend::File(files) = &mut self.backend else {
            return;
        };
        if let Err(error) = files.worker.request(scope.clone()) {
            self.attempted = true;
            report_failure(&self.status, self.has_document(), &SourceError::Io(error));
        }
    }

    /// Applies the report of a scan, if it arrives until the deadline. Returns true if a document changed.
    pub fn collect_scan(&mut self, deadline: Instant, state_writer: &StateWriter) -> bool {
        let SourceBackend::File(files) = &mut self.backend else {
            return false;
        };
        let Some(report) = files.worker.collect(deadline) else {
            return false;
        };
        let now = SystemTime::now();
        self.attempted = true;
        self.stall_reported = false;
        let failure = report.failure.clone();
        let scan = files.apply(report);
        let changed = scan.has_changes();
        self.status.count_refused(scan.refused);
        for file in &scan.removed {
            state_writer.remove(&self.status.name, file);
        }
        for (file, format, bytes) in scan.updated {
            self.status.record_accepted(now);
            state_writer.write(|| StateEntry {
                source: self.status.name.clone(),
                file,
                format,
                good_at: Some(now),
                etag: None,
                bytes: Bytes::from_owner(bytes),
            });
        }
        match failure {
            // The file source has logged it.
            Some(error) => drop(self.status.record_failure(now, &error)),
            None if files.layers().next().is_some() => self.status.record_up_to_date(now),
            None => {}
        }
        self.status.record_followed(files.is_followed());
        changed
    }

    /// Reports once that the thread of a file source is stalled. Returns true if it has just been reported.
    pub fn report_stall(&mut self) -> bool {
        let stalled = self.activity().and_then(|activity| activity.stalled_for());
        if stalled.is_none() || self.stall_reported {
            return false;
        }
        self.stall_reported = true;
        self.attempted = true;
        let error = SourceError::Stalled(limits::STALL_TIMEOUT);
        report_failure(&self.status, self.has_document(), &error);
        true
    }

    /// Applies an update of a network source. Returns true if its document changed, and the answer to the task of the
    /// source, which is sent once the change is published.
    pub fn handle_update(
        &mut self,
        update: SourceUpdate,
        options: CompileOptions,
        state_writer: &StateWriter,
    ) -> (bool, Option<PendingAnswer>) {
        self.attempted = true;
        match update {
            SourceUpdate::Document(document, verdict) => {
                let result = self.accept_document(&document, options, state_writer);
                let answer = PendingAnswer::Document(verdict, result.is_active());
                (result == UpdateResult::Accepted, Some(answer))
            }
            SourceUpdate::Revision(revision, verdict) => {
                let (result, reason) = self.accept_revision(*revision, options, state_writer);
                let answer = PendingAnswer::of_revision(verdict, result, reason);
                (result == Some(UpdateResult::Accepted), Some(answer))
            }
            SourceUpdate::Unchanged => {
                self.status.record_up_to_date(SystemTime::now());
                (false, None)
            }
            SourceUpdate::Failed(error) => {
                report_failure(&self.status, self.has_document(), &error);
                (false, None)
            }
        }
    }

    fn accept_document(
        &mut self,
        document: &FetchedDocument,
        options: CompileOptions,
        state_writer: &StateWriter,
    ) -> UpdateResult {
        let SourceBackend::Network(remote) = &mut self.backend else {
            return UpdateResult::Unchanged;
        };
        let result = remote.accept_document(&document.bytes, document.format, options);
        if result.is_active() {
            remote.held = None;
            self.status.record_revision(None);
        }
        self.record_result(result, document, state_writer);
        result
    }

    /// Applies a revision. Returns the result of its document, unless its base is unknown, and the reason of a refusal.
    fn accept_revision(
        &mut self,
        revision: FetchedRevision,
        options: CompileOptions,
        state_writer: &StateWriter,
    ) -> (Option<UpdateResult>, String) {
        let SourceBackend::Network(remote) = &mut self.backend else {
            return (None, String::new());
        };
        let id = revision.id;
        let (result, bytes) = match remote.accept_revision(id, revision.content, options) {
            RevisionResult::UnknownBase => return (None, String::new()),
            RevisionResult::Confirmed => (UpdateResult::Unchanged, Bytes::new()),
            RevisionResult::Document(result, bytes) => (result, bytes),
        };
        let refusal = remote.last_good.refusal.as_ref();
        let reason = refusal.map(ToString::to_string).unwrap_or_default();
        if result.is_active() {
            warn_about_restored_store(&self.status, id);
            self.status.record_revision(Some(id));
        }
        let document = FetchedDocument {
            bytes,
            format: DocumentFormat::Json,
            etag: Some(id.to_string().into()),
        };
        self.record_result(result, &document, state_writer);
        (Some(result), reason)
    }

    /// Records the result of a document in the status, and stores an accepted one.
    fn record_result(
        &self,
        result: UpdateResult,
        document: &FetchedDocument,
        state_writer: &StateWriter,
    ) {
        let SourceBackend::Network(remote) = &self.backend else {
            return;
        };
        let now = SystemTime::now();
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
                state_writer.write(|| StateEntry {
                    source: self.status.name.clone(),
                    file: self.status.redacted_name.clone(),
                    format: document.format,
                    good_at: Some(now),
                    etag: document.etag.clone(),
                    bytes: Bytes::clone(&document.bytes),
                });
            }
        }
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
