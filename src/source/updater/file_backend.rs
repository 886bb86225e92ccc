//! `FileBackend`: the flags of a file source: those of the last scan, and those from the state directory for files
//! without any.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use crate::document::DocumentOrigin;
use crate::source::file::scan_worker::ScanContext;
use crate::source::file::scan_worker::ScanWorker;
use crate::source::file::source::ScanReport;
use crate::source::file::source::ScanResult;
use crate::source::file::source::ScannedFile;
use crate::source::layer::Layer;
use crate::source::layer::compile;
use crate::source::layer::compile::CompileOptions;
use crate::source::state_dir::StateEntry;
use crate::wire::fleet::revision_id::RevisionId;

/// The flags of a file source, and the thread that reads them.
#[derive(Debug)]
pub struct FileBackend {
    path: PathBuf,
    /// The thread.
    pub worker: ScanWorker,
    /// The files of the last scan.
    files: Vec<ScannedFile>,
    /// True if the last scan has listed a directory or a glob; `None` before the first scan.
    lists_files: Option<bool>,
    /// True if the last scan has found that every later change causes an event.
    reports_changes: bool,
    /// Documents of an earlier process, in order of priority, until their files have valid ones.
    restored: Vec<RestoredFile>,
}

/// The documents that were restored from the state directory.
pub struct Restored {
    /// The time when the oldest was last known to be good; `None` if it is unknown.
    pub good_at: Option<SystemTime>,
    /// The entity tag of a network source's document.
    pub etag: Option<Box<str>>,
    /// The revision of a document of a control plane.
    pub revision: Option<RevisionId>,
}

#[derive(Debug)]
struct RestoredFile {
    name: Arc<str>,
    layer: Arc<Layer>,
}

impl FileBackend {
    /// Returns a backend without documents.
    pub fn new(
        path: &Path,
        source_index: usize,
        options: CompileOptions,
        context: &Arc<ScanContext>,
    ) -> FileBackend {
        FileBackend {
            path: path.to_owned(),
            worker: ScanWorker::new(path, source_index, options, context.clone()),
            files: Vec::new(),
            lists_files: None,
            reports_changes: false,
            restored: Vec::new(),
        }
    }

    /// Returns the flags of its documents in order of priority: the last wins.
    pub fn layers(&self) -> Box<dyn Iterator<Item = &Layer> + '_> {
        if self.files.is_empty() {
            return Box::new(self.restored.iter().map(|file| &*file.layer));
        }
        Box::new(self.files.iter().filter_map(|file| {
            let own = file.layer.as_deref();
            own.or_else(|| Some(&*self.restored_file(&file.name)?.layer))
        }))
    }

    fn restored_file(&self, name: &str) -> Option<&RestoredFile> {
        self.restored.iter().find(|file| *file.name == *name)
    }

    /// Returns true if the flags are those of the files until an event says otherwise.
    pub fn is_followed(&self) -> bool {
        self.reports_changes && !self.worker.is_busy()
    }

    /// Returns the names of the files.
    pub fn file_names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| &*file.name)
    }

    /// Restores the documents of an earlier process, which are served until their files have valid ones. `None` if there
    /// are none.
    pub fn restore(&mut self, entries: &[StateEntry], options: CompileOptions) -> Option<Restored> {
        let own_path = self.path.to_string_lossy();
        let mut times = Vec::new();
        for entry in entries {
            // The path may have named a directory before.
            let is_ours = self.lists_files != Some(false) || *entry.file == *own_path;
            let origin = DocumentOrigin {
                source: own_path.as_ref().into(),
                file: entry.file.clone(),
            };
            let compile = || compile::compile(entry.format, &origin, &entry.bytes, options, None).0;
            if let Some(layer) = is_ours.then(compile).flatten() {
                times.push(entry.good_at);
                self.restored.push(RestoredFile {
                    name: entry.file.clone(),
                    layer: Arc::new(layer),
                });
            }
        }
        self.restored.sort_by(|a, b| a.name.cmp(&b.name));
        // The least of the options is the unknown time.
        let good_at = times.into_iter().min()?;
        Some(Restored {
            good_at,
            etag: None,
            revision: None,
        })
    }

    /// Takes the files of a scan, and returns its changes. A restored document is dropped when its file has a valid one,
    /// or is deleted.
    pub fn apply(&mut self, report: ScanReport) -> ScanResult {
        let ScanReport {
            mut result,
            files,
            lists_files,
            needs_polling,
            ..
        } = report;
        self.reports_changes = !needs_polling;
        self.files = files;
        self.lists_files = Some(lists_files);
        let files = &self.files;
        self.restored.retain(|restored| {
            match files.iter().find(|file| file.name == restored.name) {
                Some(file) => file.layer.is_none(),
                None if files.is_empty() => true,
                None => {
                    if lists_files {
                        result.removed.push(restored.name.clone());
                    }
                    false
                }
            }
        });
        result
    }
}
