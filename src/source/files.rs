//! The files of one `file:` source.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use crate::document::Format;
use crate::source::file::Selection;
use crate::source::known::Known;
use crate::source::layer::Layer;
use crate::source::layer::Manner;
use crate::source::look::Look;
use crate::source::state::Entry;
use crate::source::status::Trouble;
use crate::source::text::Text;

/// A file, the files of a directory, or those that match a glob.
#[derive(Debug)]
pub struct Files {
    path: PathBuf,
    selection: Selection,
    known: Vec<Known>,
    /// What was wrong with listing the files, so that it is told once.
    trouble: Option<String>,
}

/// What a look at the files found.
#[derive(Debug)]
pub struct Scan {
    /// Files that left, and their flags with them.
    pub gone: Vec<Arc<str>>,
    /// Files with a new document, and its text.
    pub accepted: Vec<(Arc<str>, Format, Text)>,
}

impl Scan {
    /// Whether flags may differ now.
    pub fn changed(&self) -> bool {
        !(self.gone.is_empty() && self.accepted.is_empty())
    }
}

impl Files {
    /// The source at this path. No file was looked at yet.
    pub fn new(path: &Path) -> Files {
        Files {
            path: path.to_owned(),
            selection: Selection::of(path),
            known: Vec::new(),
            trouble: None,
        }
    }

    /// The directories in which events matter.
    pub fn directories(&self) -> Vec<PathBuf> {
        self.selection.directories()
    }

    /// The flags of each document, later ones over earlier ones.
    pub fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.known
            .iter()
            .filter_map(|file| file.held.layer.as_ref())
    }

    /// What the files are called.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(|file| &*file.origin.file)
    }

    /// What is wrong at the moment.
    pub fn trouble(&self) -> Option<(Trouble, &str)> {
        let listing = self.trouble.as_deref().map(|why| (Trouble::Failed, why));
        listing.or_else(|| self.known.iter().find_map(Known::trouble))
    }

    /// Takes the documents of an earlier process. The time of the oldest, if there are any.
    pub fn restore(&mut self, entries: &[Entry], manner: Manner) -> Option<SystemTime> {
        let mut oldest = None;
        for entry in entries {
            let mut known = Known::new(Path::new(&*entry.file).to_owned(), &self.path);
            let is_ours = self.selection.may_shrink() || known.path == self.path;
            if is_ours && known.restore(entry, manner) {
                self.known.retain(|file| file.path != known.path);
                self.known.push(known);
                oldest = oldest.into_iter().chain([entry.good_at]).min();
            }
        }
        self.known.sort_by(|a, b| a.path.cmp(&b.path));
        oldest
    }

    /// Looks at the files.
    pub fn scan(&mut self, look: &Look, manner: Manner) -> Scan {
        if self.layers().next().is_none() {
            // What did not exist may have turned out to be a directory.
            let selection = Selection::of(&self.path);
            if selection != self.selection {
                self.known.clear();
                self.selection = selection;
            }
        }
        let mut scan = Scan {
            gone: self.list(),
            accepted: Vec::new(),
        };
        for file in &mut self.known {
            if look.is_busy(&file.path) {
                continue;
            }
            if let Some(bytes) = file.scan(look, manner) {
                let format = Format::of(&file.path).unwrap_or(Format::Yaml);
                scan.accepted
                    .push((file.origin.file.clone(), format, bytes));
            }
        }
        scan
    }

    /// Brings the list of files up to date. The files that left with their flags.
    fn list(&mut self) -> Vec<Arc<str>> {
        let mut left = Vec::new();
        let Some(paths) = self.settled_list() else {
            return left;
        };
        let gone = |file: &Known| !paths.contains(&file.path);
        if self.selection.may_shrink() && self.known.iter().any(gone) {
            let with_flags = |file: &&Known| gone(file) && file.held.layer.is_some();
            let files = self.known.iter().filter(with_flags);
            left.extend(files.map(|file| file.origin.file.clone()));
            for file in self.known.iter().filter(|file| gone(file)) {
                tracing::info!(file = %file.origin.file, "the file is gone, and its flags with it");
            }
            self.known.retain(|file| !gone(file));
        }
        let listed: BTreeSet<PathBuf> = self.known.iter().map(|file| file.path.clone()).collect();
        let new = paths.difference(&listed).cloned();
        let new: Vec<Known> = new.map(|path| Known::new(path, &self.path)).collect();
        if !new.is_empty() {
            self.known.extend(new);
            self.known.sort_by(|a, b| a.path.cmp(&b.path));
        }
        left
    }

    fn list_once(&self) -> std::io::Result<BTreeSet<PathBuf>> {
        Ok(self.selection.files()?.into_iter().collect())
    }

    /// The files, once a missing one has had time to come back: editors move a file away before they write it anew.
    /// `None` if the list is not to be believed.
    fn settled_list(&mut self) -> Option<BTreeSet<PathBuf>> {
        let mut listed = self.list_once();
        for _ in 0..10 {
            let missing =
                |paths: &BTreeSet<PathBuf>| self.known.iter().any(|f| !paths.contains(&f.path));
            if !self.selection.may_shrink() || !listed.as_ref().is_ok_and(missing) {
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
            && trouble != self.trouble
        {
            tracing::error!(source = %self.path.display(), error = %why, "cannot find flag files; the last good ones stay in force");
        }
        self.trouble = trouble;
        listed.ok().filter(|paths| !paths.is_empty())
    }
}
