//! `StateDir`: the directory that keeps the last good document of each source, for a start without the source.
//!
//! One file per document, written atomically, and used only if its checksum is correct. A failure is logged as a
//! warning, and the write is repeated.

mod atomic_write;
mod entry;
mod file_name;
mod write_queue;
pub mod writer;

use std::collections::HashSet;
use std::fs::DirBuilder;
use std::fs::OpenOptions;
use std::io;
use std::io::Read as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::fault_injection;
use crate::limits;
use crate::regular_file;
pub use crate::source::state_dir::entry::StateEntry;

/// The extension of the files in the directory.
const EXTENSION: &str = "flags";
/// The largest header of a file, in bytes.
const MAX_HEADER_BYTES: u64 = 64 * 1024;

/// A state directory.
#[derive(Debug)]
pub struct StateDir {
    directory: PathBuf,
    is_created: bool,
    /// Warnings that were logged already.
    logged_warnings: HashSet<String>,
}

impl StateDir {
    /// Opens the directory, and creates it if it does not exist.
    pub fn open(directory: PathBuf) -> StateDir {
        let mut state_dir = StateDir::unopened(directory);
        state_dir.create();
        state_dir
    }

    /// Returns a directory that is created when it is used first.
    pub fn unopened(directory: PathBuf) -> StateDir {
        StateDir {
            directory,
            is_created: false,
            logged_warnings: HashSet::new(),
        }
    }

    fn create(&mut self) {
        if self.is_created {
            return;
        }
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(&self.directory);
        match made {
            Ok(()) => self.is_created = true,
            Err(error) => self.warn_once("cannot create the state directory", &error),
        }
    }

    /// Writes a document. Returns false if that fails.
    pub fn write_entry(&mut self, entry: &StateEntry) -> bool {
        self.create();
        let path = self.file_path(&entry.file_stem());
        fault_injection::file_point("state-write", &self.directory);
        match atomic_write::write(&self.directory, &path, entry) {
            Ok(()) => {
                if !self.logged_warnings.is_empty() {
                    self.logged_warnings.clear();
                    tracing::info!(directory = %self.directory.display(), "the state directory can be written again");
                }
                true
            }
            Err(error) => {
                let what = "cannot write the last good flags to the state directory";
                self.warn_once(what, &error);
                false
            }
        }
    }

    /// Returns the documents of a source, sorted by file. Damaged files are logged and skipped.
    pub fn read_entries(&mut self, source: &str) -> Vec<StateEntry> {
        self.create();
        fault_injection::file_point("state-read", &self.directory);
        let prefix = file_name::name_hash(source);
        let listed = std::fs::read_dir(&self.directory);
        let listed = match listed {
            Ok(listed) => listed,
            Err(error) => {
                self.warn_once("cannot read the state directory", &error);
                return Vec::new();
            }
        };
        let mut names: Vec<String> = listed
            .filter_map(|file| file.ok()?.file_name().into_string().ok())
            .filter_map(|name| Some(name.strip_suffix(&format!(".{EXTENSION}"))?.to_owned()))
            .filter(|name| name.starts_with(&prefix))
            .collect();
        names.sort();
        let mut entries = Vec::new();
        for name in names {
            match self.read_entry(&name) {
                Ok(entry) => entries.push(StateEntry {
                    source: source.into(),
                    ..entry
                }),
                Err(error) => {
                    let file = self.file_path(&name);
                    tracing::warn!(file = %file.display(), %error, "ignoring an invalid file in the state directory");
                }
            }
        }
        entries.sort_by(|a, b| a.file.cmp(&b.file));
        entries
    }

    fn read_entry(&self, name: &str) -> io::Result<StateEntry> {
        let file = regular_file::open(&self.file_path(name))?;
        let modified = file.metadata()?.modified()?;
        let mut bytes = Vec::new();
        let most = limits::DOCUMENT + MAX_HEADER_BYTES;
        file.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return Err(io::Error::other("larger than the largest document"));
        }
        let entry = StateEntry::decode(name, &bytes).map_err(io::Error::other)?;
        // A time in the future says nothing about the age: the clock was, or is, wrong.
        let latest = SystemTime::now() + limits::CLOCK_TOLERANCE;
        let times = [entry.good_at, Some(modified)].into_iter().flatten();
        let good_at = times.filter(|time| *time <= latest).max();
        Ok(StateEntry { good_at, ..entry })
    }

    /// Records that the document in a file is still up to date.
    pub fn touch(&self, name: &str) {
        let path = self.file_path(name);
        let file = regular_file::open_with(OpenOptions::new().append(true), &path);
        // If this fails, flags look older than they are, which is safe.
        let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
    }

    /// Removes the file of a document.
    pub fn remove_entry(&self, name: &str) {
        let _ = std::fs::remove_file(self.file_path(name));
    }

    fn file_path(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.{EXTENSION}"))
    }

    fn warn_once(&mut self, what: &str, error: &io::Error) {
        if self.logged_warnings.insert(format!("{what}: {error}")) {
            tracing::warn!(directory = %self.directory.display(), %error, "{what}; served flags are not affected");
        }
    }
}
