//! `TrackedFile`: one flag file, its metadata at the last read, and its last good document.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::source::diagnostic_log::served_flags;
use crate::source::error::SourceError;
use crate::source::file::metadata::FileMetadata;
use crate::source::file::mmap_buffer::MmapBuffer;
use crate::source::file::scan_scope::ScanScope;
use crate::source::file::stable_read;
use crate::source::last_good::LastGood;
use crate::source::last_good::UpdateResult;
use crate::source::layer::Layer;
use crate::source::layer::compile::CompileOptions;

/// A file and the last good document in it.
#[derive(Debug)]
pub struct TrackedFile {
    /// Its path.
    pub path: PathBuf,
    /// Its name in diagnostics.
    pub origin: DocumentOrigin,
    metadata: Option<FileMetadata>,
    /// Its document.
    pub last_good: LastGood,
    /// The reason why it cannot be read.
    read_error: Option<Arc<SourceError>>,
}

/// The result of a scan of one file.
#[derive(Debug)]
pub enum FileUpdate {
    /// Its document is the same, or it cannot be read.
    Unchanged,
    /// It has a new document with this text.
    Accepted(MmapBuffer),
    /// It has a new text, which is invalid.
    Refused,
}

/// The most reads of an invalid file that keeps changing, before it is refused.
const MAX_ATTEMPTS: usize = 3;

impl TrackedFile {
    /// A file that was not read yet, of the source called `source`.
    pub fn new(path: PathBuf, source: &Path) -> TrackedFile {
        let origin = DocumentOrigin {
            source: source.to_string_lossy().into(),
            file: path.to_string_lossy().into(),
        };
        TrackedFile {
            path,
            origin,
            metadata: None,
            last_good: LastGood::default(),
            read_error: None,
        }
    }

    /// Returns the current failure of the file.
    pub fn failure(&self) -> Option<&Arc<SourceError>> {
        self.read_error.as_ref().or(self.last_good.refusal.as_ref())
    }

    /// Returns true if any change after the last read changes its metadata.
    pub fn is_settled(&self) -> bool {
        self.metadata.is_some()
    }

    /// Reads the file if it may have changed.
    pub fn scan(&mut self, scope: &ScanScope, options: CompileOptions) -> FileUpdate {
        let metadata = std::fs::metadata(&self.path)
            .map(|m| FileMetadata::new(&m))
            .ok();
        if metadata.is_some() && metadata == self.metadata && !scope.must_read(&self.path) {
            return FileUpdate::Unchanged;
        }
        match self.read_and_compile(options) {
            Ok(update) => {
                self.read_error = None;
                update
            }
            Err(error) => {
                self.metadata = None;
                self.record_read_error(error);
                FileUpdate::Unchanged
            }
        }
    }

    fn read_and_compile(&mut self, options: CompileOptions) -> Result<FileUpdate, SourceError> {
        let mut content = stable_read::read_once(&self.path)?;
        for attempts_left in (0..MAX_ATTEMPTS).rev() {
            self.metadata = content.settled_metadata();
            if self.last_good.is_unchanged(content.fingerprint) {
                return Ok(FileUpdate::Unchanged);
            }
            let compiled = self.compile(&content.bytes, options);
            // Another process may have continued writing during the compilation.
            let has_changed = || match compiled.0 {
                Some(_) => stable_read::has_changed(&self.path, &content),
                None => Ok(stable_read::wait_for_change(&self.path, &content)),
            };
            if attempts_left > 0 && has_changed()? {
                content = stable_read::read_stable(&self.path)?;
                continue;
            }
            return match self.last_good.record(content.fingerprint, compiled) {
                UpdateResult::Accepted => Ok(FileUpdate::Accepted(content.bytes)),
                UpdateResult::Refused | UpdateResult::StillRefused | UpdateResult::Unchanged => {
                    self.log_refused();
                    Ok(FileUpdate::Refused)
                }
            };
        }
        Ok(FileUpdate::Unchanged)
    }

    fn compile(&self, bytes: &[u8], options: CompileOptions) -> (Option<Layer>, Vec<Diagnostic>) {
        match DocumentFormat::from_path(&self.path) {
            Some(format) => self.last_good.compile(format, &self.origin, bytes, options),
            None => (None, unknown_extension(&self.origin)),
        }
    }

    fn log_refused(&self) {
        let kept = self.last_good.layer.is_some();
        let error_kind = self.last_good.refusal.as_ref().map(|e| e.kind().as_str());
        let served = served_flags(kept, "file");
        tracing::error!(file = %self.origin.file, kept, error_kind, "invalid file; {served}");
    }

    fn record_read_error(&mut self, error: SourceError) {
        let why = error.to_string();
        let last = self.read_error.replace(Arc::new(error));
        if last.is_some_and(|last| last.to_string() == why) {
            return;
        }
        let kept = self.last_good.layer.is_some();
        let code = Code::Unreadable.id();
        let error_kind = self.read_error.as_ref().map(|e| e.kind().as_str());
        let served = served_flags(kept, "file");
        tracing::error!(
            file = %self.origin.file,
            code,
            kept,
            error_kind,
            error = %why,
            "cannot read the file; {served}"
        );
    }
}

fn unknown_extension(origin: &DocumentOrigin) -> Vec<Diagnostic> {
    let mut report = DiagnosticSink::new(origin.file.clone());
    let (message, help) = ("unknown file extension", "use .yaml, .yml or .json");
    report.error(Code::Unreadable, Position::START, message, help);
    report.finish()
}
