//! The files of one `file:` source.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use crate::document::DocumentFormat;
use crate::source::file::mmap_buffer::MmapBuffer;
use crate::source::file::path_set::PathSet;
use crate::source::file::scan_scope::ScanScope;
use crate::source::file::tracked_file::TrackedFile;
use crate::source::layer::CompileOptions;
use crate::source::layer::Layer;
use crate::source::state_dir::StateEntry;
use crate::source::status::FailureKind;

/// A file, the files of a directory, or those that match a glob.
#[derive(Debug)]
pub struct FileSource {
    path: PathBuf,
    path_set: PathSet,
    files: Vec<TrackedFile>,
    /// What was wrong with listing the files, so that it is told once.
    listing_error: Option<String>,
}

/// What a look at the files found.
#[derive(Debug)]
pub struct ScanResult {
    /// Files that left, and their flags with them.
    pub removed: Vec<Arc<str>>,
    /// Files with a new document, and its text.
    pub updated: Vec<(Arc<str>, DocumentFormat, MmapBuffer)>,
}

impl ScanResult {
    /// Whether flags may differ now.
    pub fn has_changes(&self) -> bool {
        !(self.removed.is_empty() && self.updated.is_empty())
    }
}

impl FileSource {
    /// The source at this path. No file was looked at yet.
    pub fn new(path: &Path) -> FileSource {
        FileSource {
            path: path.to_owned(),
            path_set: PathSet::from_path(path),
            files: Vec::new(),
            listing_error: None,
        }
    }

    /// The directories in which events matter.
    pub fn watched_directories(&self) -> Vec<PathBuf> {
        self.path_set.watched_directories()
    }

    /// The flags of each document, later ones over earlier ones.
    pub fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.files
            .iter()
            .filter_map(|file| file.last_good.layer.as_ref())
    }

    /// What the files are called.
    pub fn file_names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| &*file.origin.file)
    }

    /// What is wrong at the moment.
    pub fn failure(&self) -> Option<(FailureKind, &str)> {
        let listing = self
            .listing_error
            .as_deref()
            .map(|why| (FailureKind::Unavailable, why));
        listing.or_else(|| self.files.iter().find_map(TrackedFile::failure))
    }

    /// Takes the documents of an earlier process. The time of the oldest, if there are any.
    pub fn restore(
        &mut self,
        entries: &[StateEntry],
        options: CompileOptions,
    ) -> Option<SystemTime> {
        let mut oldest = None;
        for entry in entries {
            let mut known = TrackedFile::new(Path::new(&*entry.file).to_owned(), &self.path);
            let is_ours = self.path_set.drops_missing_files() || known.path == self.path;
            if is_ours && known.restore(entry, options) {
                self.files.retain(|file| file.path != known.path);
                self.files.push(known);
                oldest = oldest.into_iter().chain([entry.good_at]).min();
            }
        }
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        oldest
    }

    /// Looks at the files.
    pub fn scan(&mut self, scope: &ScanScope, options: CompileOptions) -> ScanResult {
        if self.layers().next().is_none() {
            // What did not exist may have turned out to be a directory.
            let selection = PathSet::from_path(&self.path);
            if selection != self.path_set {
                self.files.clear();
                self.path_set = selection;
            }
        }
        let mut scan = ScanResult {
            removed: self.refresh_file_list(),
            updated: Vec::new(),
        };
        for file in &mut self.files {
            if scope.is_being_written(&file.path) {
                continue;
            }
            if let Some(bytes) = file.scan(scope, options) {
                let format = DocumentFormat::from_path(&file.path).unwrap_or(DocumentFormat::Yaml);
                scan.updated.push((file.origin.file.clone(), format, bytes));
            }
        }
        scan
    }

    /// Brings the list of files up to date. The files that left with their flags.
    fn refresh_file_list(&mut self) -> Vec<Arc<str>> {
        let mut left = Vec::new();
        let Some(paths) = self.list_stable() else {
            return left;
        };
        let gone = |file: &TrackedFile| !paths.contains(&file.path);
        if self.path_set.drops_missing_files() && self.files.iter().any(gone) {
            let with_flags = |file: &&TrackedFile| gone(file) && file.last_good.layer.is_some();
            let files = self.files.iter().filter(with_flags);
            left.extend(files.map(|file| file.origin.file.clone()));
            for file in self.files.iter().filter(|file| gone(file)) {
                tracing::info!(file = %file.origin.file, "the file is gone, and its flags with it");
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

    fn list_once(&self) -> std::io::Result<BTreeSet<PathBuf>> {
        Ok(self.path_set.files()?.into_iter().collect())
    }

    /// The files, once a missing one has had time to come back: editors move a file away before they write it anew.
    /// `None` if the list is not to be believed.
    fn list_stable(&mut self) -> Option<BTreeSet<PathBuf>> {
        let mut listed = self.list_once();
        for _ in 0..10 {
            let missing =
                |paths: &BTreeSet<PathBuf>| self.files.iter().any(|f| !paths.contains(&f.path));
            if !self.path_set.drops_missing_files() || !listed.as_ref().is_ok_and(missing) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
            listed = self.list_once();
        }
        let trouble = match &listed {
            Ok(paths) if paths.is_empty() => Some("there are no flag files".to_owned()),
            Ok(_) => None,
            Err(error) => Some(error.to_string()),
        };
        if let Some(why) = &trouble
            && trouble != self.listing_error
        {
            tracing::error!(source = %self.path.display(), error = %why, "cannot find flag files; the last good ones stay in force");
        }
        self.listing_error = trouble;
        listed.ok().filter(|paths| !paths.is_empty())
    }
}
