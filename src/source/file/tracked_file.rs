//! One file: what was read last, and the last good document in it.

use std::path::Path;
use std::path::PathBuf;

use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::Severity;
use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::source::file::mmap_buffer::MmapBuffer;
use crate::source::file::path_set::FileMetadata;
use crate::source::file::scan_scope::ScanScope;
use crate::source::file::stable_read;
use crate::source::last_good::LastGood;
use crate::source::layer;
use crate::source::layer::CompileOptions;
use crate::source::layer::Layer;
use crate::source::network::source;
use crate::source::state_dir::StateEntry;
use crate::source::status::FailureKind;

/// A file and the last good document in it.
#[derive(Debug)]
pub struct TrackedFile {
    /// Its path.
    pub path: PathBuf,
    /// How it is called.
    pub origin: DocumentOrigin,
    metadata: Option<FileMetadata>,
    /// Its document.
    pub last_good: LastGood,
    /// Why it cannot be read, if it cannot.
    read_error: Option<String>,
}

/// How often a file that cannot be read as flags and keeps changing is read before it is refused.
const MAX_ATTEMPTS: usize = 3;

impl TrackedFile {
    /// A file that was not looked at yet, of the source called `source`.
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

    /// What is wrong with the file at the moment.
    pub fn failure(&self) -> Option<(FailureKind, &str)> {
        let unreadable = self
            .read_error
            .as_deref()
            .map(|why| (FailureKind::Unavailable, why));
        let refused = self.last_good.refusal.as_deref();
        unreadable.or(refused.map(|why| (FailureKind::InvalidDocument, why)))
    }

    /// Takes the document of an earlier process, for as long as the file brings none.
    pub fn restore(&mut self, entry: &StateEntry, options: CompileOptions) -> bool {
        let (layer, _) = layer::compile(entry.format, &self.origin, &entry.bytes, options, None);
        if let Some(layer) = layer {
            self.last_good
                .accept(stable_read::document_fingerprint(&entry.bytes), layer);
        }
        self.last_good.layer.is_some()
    }

    /// Looks at the file. The text of its document, if that changed.
    pub fn scan(&mut self, scope: &ScanScope, options: CompileOptions) -> Option<MmapBuffer> {
        let signature = std::fs::metadata(&self.path)
            .map(|m| FileMetadata::new(&m))
            .ok();
        if signature.is_some() && signature == self.metadata && !scope.must_read(&self.path) {
            return None;
        }
        match self.read_and_compile(options) {
            Ok(changed) => {
                self.read_error = None;
                changed
            }
            Err(error) => {
                self.metadata = None;
                self.record_read_error(&error);
                None
            }
        }
    }

    fn read_and_compile(&mut self, options: CompileOptions) -> std::io::Result<Option<MmapBuffer>> {
        let mut content = stable_read::read_once(&self.path)?;
        for attempts_left in (0..MAX_ATTEMPTS).rev() {
            self.metadata = content.settled_metadata();
            if self.last_good.is_unchanged(content.fingerprint) {
                return Ok(None);
            }
            let (layer, diagnostics) = self.compile(&content.bytes, options);
            // Somebody may have gone on writing while this was read as flags.
            let changed = || match layer {
                Some(_) => stable_read::has_changed(&self.path, &content),
                None => Ok(stable_read::wait_for_change(&self.path, &content)),
            };
            if attempts_left > 0 && changed()? {
                content = stable_read::read_stable(&self.path)?;
                continue;
            }
            let Some(layer) = layer else {
                self.last_good
                    .refuse(content.fingerprint, source::refusal_reason(&diagnostics));
                self.log_refused(&diagnostics);
                break;
            };
            diagnostics.iter().for_each(log_diagnostic);
            self.last_good.accept(content.fingerprint, layer);
            return Ok(Some(content.bytes));
        }
        Ok(None)
    }

    fn compile(&self, bytes: &[u8], options: CompileOptions) -> (Option<Layer>, Vec<Diagnostic>) {
        match DocumentFormat::from_path(&self.path) {
            Some(format) => layer::compile(
                format,
                &self.origin,
                bytes,
                options,
                self.last_good.layer.as_ref(),
            ),
            None => (None, unknown_extension(&self.origin)),
        }
    }

    fn log_refused(&self, diagnostics: &[Diagnostic]) {
        diagnostics.iter().for_each(log_diagnostic);
        let kept = self.last_good.layer.is_some();
        tracing::error!(file = %self.origin.file, kept, "the file is refused; its last good flags, if any, stay in force");
    }

    fn record_read_error(&mut self, error: &std::io::Error) {
        let why = error.to_string();
        if self.read_error.as_ref() == Some(&why) {
            return;
        }
        let kept = self.last_good.layer.is_some();
        let code = Code::Unreadable.id();
        tracing::error!(file = %self.origin.file, code, kept, error = %why, "the file cannot be read; its last good flags, if any, stay in force");
        self.read_error = Some(why);
    }
}

fn unknown_extension(origin: &DocumentOrigin) -> Vec<Diagnostic> {
    let mut report = DiagnosticSink::new(origin.file.clone());
    let message = "flag files end in .yaml, .yml or .json";
    report.error(Code::Unreadable, Position::START, message, "");
    report.finish()
}

/// Tells the operator what the author of a file should know.
pub fn log_diagnostic(diagnostic: &Diagnostic) {
    let code = diagnostic.code.id();
    match diagnostic.severity {
        Severity::Error => tracing::error!(code, "{diagnostic}"),
        Severity::Warning => tracing::warn!(code, "{diagnostic}"),
    }
}
