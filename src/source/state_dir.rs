//! `StateDir`: the directory that keeps the last good document of each source, for a start without the source.
//!
//! One file per document, written atomically, and used only if its checksum is correct. A failure is only logged as a
//! warning.

mod atomic_write;
mod entry;
mod file_name;
pub mod writer;

use std::collections::HashSet;
use std::fs::DirBuilder;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::limits;
pub use crate::source::state_dir::entry::StateEntry;

/// The extension of the files in the directory.
const EXTENSION: &str = "flags";
/// The largest header of a file, in bytes.
const MAX_HEADER_BYTES: u64 = 64 * 1024;

/// A state directory.
#[derive(Debug)]
pub struct StateDir {
    directory: PathBuf,
    /// Warnings that were logged already.
    logged_warnings: HashSet<String>,
}

impl StateDir {
    /// Opens the directory, and creates it if it does not exist.
    pub fn open(directory: PathBuf) -> StateDir {
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory);
        let mut state_dir = StateDir {
            directory,
            logged_warnings: HashSet::new(),
        };
        if let Err(error) = made {
            state_dir.warn_once("cannot create the state directory", &error);
        }
        state_dir
    }

    /// Writes a document.
    pub fn write_entry(&mut self, entry: &StateEntry) {
        match atomic_write::write(&self.directory, &self.file_path(&entry.file_stem()), entry) {
            Ok(()) => self.logged_warnings.clear(),
            Err(error) => {
                self.warn_once(
                    "cannot write the last good flags to the state directory",
                    &error,
                );
            }
        }
    }

    /// Returns the documents of a source, sorted by file. Damaged files are logged and skipped.
    pub fn read_entries(&mut self, source: &str) -> Vec<StateEntry> {
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
        let file = File::open(self.file_path(name))?;
        let modified = file.metadata()?.modified()?;
        let mut bytes = Vec::new();
        let most = limits::DOCUMENT + MAX_HEADER_BYTES;
        file.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return Err(io::Error::other("larger than the largest document"));
        }
        let entry = StateEntry::decode(name, &bytes).map_err(io::Error::other)?;
        let good_at = entry.good_at.max(modified.min(SystemTime::now()));
        Ok(StateEntry { good_at, ..entry })
    }

    /// Records that a document is still up to date.
    pub fn touch(&self, source: &str, file: &str) {
        let path = self.file_path(&file_name::file_stem(source, file));
        let file = OpenOptions::new().append(true).open(path);
        // If this fails, flags look older than they are, which is safe.
        let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
    }

    /// Removes the document of a deleted file.
    pub fn remove_entry(&self, source: &str, file: &str) {
        let _ = std::fs::remove_file(self.file_path(&file_name::file_stem(source, file)));
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
