//! `FileSource`: the flag files of one `file:` source.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::document::DocumentFormat;
use crate::source::error::SourceError;
use crate::source::file::file_pattern::FilePattern;
use crate::source::file::mmap_buffer::MmapBuffer;
use crate::source::file::scan_scope::ScanScope;
use crate::source::file::stable_listing;
use crate::source::file::tracked_file::FileUpdate;
use crate::source::file::tracked_file::TrackedFile;
use crate::source::file::watch::watch_set::WatchSet;
use crate::source::layer::Layer;
use crate::source::layer::compile::CompileOptions;

/// A file, the files of a directory, or those that match a glob.
#[derive(Debug)]
pub struct FileSource {
    path: PathBuf,
    path_set: FilePattern,
    files: Vec<TrackedFile>,
    /// The error of the last listing, so that it is logged once.
    listing_error: Option<Arc<SourceError>>,
}

/// A file after a scan.
#[derive(Debug)]
pub struct ScannedFile {
    /// Its name.
    pub name: Arc<str>,
    /// The flags of its last good document.
    pub layer: Option<Arc<Layer>>,
}

/// The state of a source after a scan.
#[derive(Debug)]
pub struct ScanReport {
    /// The changes.
    pub result: ScanResult,
    /// The files in order of priority: the last wins.
    pub files: Vec<ScannedFile>,
    /// The current failure of the listing or of a file.
    pub failure: Option<Arc<SourceError>>,
    /// True if a change may cause no event.
    pub needs_polling: bool,
    /// True if the files are those of a directory or a glob.
    pub lists_files: bool,
}

/// The changes that a scan has found.
#[derive(Debug)]
pub struct ScanResult {
    /// Deleted files, whose flags are dropped.
    pub removed: Vec<Arc<str>>,
    /// Files with a new document, and its text.
    pub updated: Vec<(Arc<str>, DocumentFormat, MmapBuffer)>,
    /// The number of files with a new text that was refused.
    pub refused: u64,
}

impl ScanResult {
    /// Returns true if flags may differ now.
    pub fn has_changes(&self) -> bool {
        !(self.removed.is_empty() && self.updated.is_empty())
    }
}

impl FileSource {
    /// Returns the source at this path. No file is read yet.
    pub fn new(path: &Path) -> FileSource {
        FileSource {
            path: path.to_owned(),
            path_set: FilePattern::from_path(path),
            files: Vec::new(),
            listing_error: None,
        }
    }

    /// Returns the paths whose changes concern the files.
    pub fn watch_set(&self) -> WatchSet {
        WatchSet::new(&self.path_set, self.files.iter().map(|file| &*file.path))
    }

    /// Returns the state of the source after a scan. `reports_changes` is true if every later change causes an event.
    pub fn report(&self, result: ScanResult, reports_changes: bool) -> ScanReport {
        let files = self.files.iter().map(|file| ScannedFile {
            name: file.origin.file.clone(),
            layer: file.last_good.layer.clone(),
        });
        ScanReport {
            result,
            files: files.collect(),
            failure: self.failure().cloned(),
            needs_polling: !(reports_changes && self.is_settled()),
            lists_files: self.path_set.drops_missing_files(),
        }
    }

    /// Returns true if the files were read without a failure, and not while they may have changed.
    fn is_settled(&self) -> bool {
        self.failure().is_none() && self.files.iter().all(TrackedFile::is_settled)
    }

    /// Returns the current failure of the listing or of a file.
    fn failure(&self) -> Option<&Arc<SourceError>> {
        let listing = self.listing_error.as_ref();
        listing.or_else(|| self.files.iter().find_map(TrackedFile::failure))
    }

    /// Reads the files that may have changed.
    pub fn scan(&mut self, scope: &ScanScope, options: CompileOptions) -> ScanResult {
        if self.files.iter().all(|file| file.last_good.layer.is_none()) {
            // A path that did not exist may have become a directory.
            let selection = FilePattern::from_path(&self.path);
            if selection != self.path_set {
                self.files.clear();
                self.path_set = selection;
            }
        }
        let mut scan = ScanResult {
            removed: self.refresh_file_list(),
            updated: Vec::new(),
            refused: 0,
        };
        for file in &mut self.files {
            if scope.is_being_written(&file.path) {
                continue;
            }
            match file.scan(scope, options) {
                FileUpdate::Unchanged => {}
                FileUpdate::Refused => scan.refused += 1,
                FileUpdate::Accepted(bytes) => {
                    let format = DocumentFormat::from_path(&file.path);
                    let format = format.unwrap_or(DocumentFormat::Yaml);
                    scan.updated.push((file.origin.file.clone(), format, bytes));
                }
            }
        }
        scan
    }

    /// Updates the list of files. Returns the deleted files that had flags.
    fn refresh_file_list(&mut self) -> Vec<Arc<str>> {
        let mut left = Vec::new();
        let known = self.files.iter().map(|file| &*file.path);
        let paths = match stable_listing::list(&self.path_set, &known) {
            Ok(paths) => paths,
            Err(error) => {
                self.record_listing_error(error);
                return left;
            }
        };
        self.listing_error = None;
        let gone = |file: &TrackedFile| !paths.contains(&file.path);
        if self.path_set.drops_missing_files() && self.files.iter().any(gone) {
            let with_flags = |file: &&TrackedFile| gone(file) && file.last_good.layer.is_some();
            let files = self.files.iter().filter(with_flags);
            left.extend(files.map(|file| file.origin.file.clone()));
            for file in self.files.iter().filter(|file| gone(file)) {
                tracing::info!(file = %file.origin.file, "file deleted; its flags are no longer served");
            }
            self.files.retain(|file| !gone(file));
        }
        let listed: BTreeSet<PathBuf> = self.files.iter().map(|file| file.path.clone()).collect();
        let new = paths.difference(&listed).cloned();
        let new: Vec<TrackedFile> = new.map(|path| TrackedFile::new(path, &self.path)).collect();
        if !new.is_empty() {
            self.files.extend(new);
            self.files.sort_by(|a, b| a.path.cmp(&b.path));
        }
        left
    }

    fn record_listing_error(&mut self, error: SourceError) {
        let why = error.to_string();
        let error_kind = error.kind().as_str();
        let last = self.listing_error.replace(Arc::new(error));
        if last.is_none_or(|last| last.to_string() != why) {
            tracing::error!(
                source = %self.path.display(),
                error_kind,
                error = %why,
                "cannot list flag files; keeping the last good flags, if any"
            );
        }
    }
}
