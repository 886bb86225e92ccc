//! The state directory: the last good document of each source, for a start without the source.
//!
//! One file for each document, written whole or not at all, and believed only if its checksum fits. Nothing that goes
//! wrong here costs more than a warning.

mod entry;
pub mod writer;

use std::collections::HashSet;
use std::fs::DirBuilder;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::limits;
pub use crate::source::state_dir::entry::StateEntry;

/// The extension of the files in the directory.
const EXTENSION: &str = "flags";
/// What the head of a file may take beside the document, in bytes.
const MAX_HEADER_BYTES: u64 = 64 * 1024;

/// A state directory.
#[derive(Debug)]
pub struct StateDir {
    directory: PathBuf,
    /// What went wrong and was told already.
    logged_warnings: HashSet<String>,
}

impl StateDir {
    /// The directory at this path, made if it is not there.
    pub fn open(directory: PathBuf) -> StateDir {
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory);
        let mut store = StateDir {
            directory,
            logged_warnings: HashSet::new(),
        };
        if let Err(error) = made {
            store.warn_once("cannot make the state directory", &error);
        }
        store
    }

    /// Keeps a document.
    pub fn write_entry(&mut self, entry: &StateEntry) {
        match self.write_atomically(entry) {
            Ok(()) => self.logged_warnings.clear(),
            Err(error) => {
                self.warn_once(
                    "cannot keep the last good flags in the state directory",
                    &error,
                );
            }
        }
    }

    fn write_atomically(&self, entry: &StateEntry) -> io::Result<()> {
        let name = entry.file_stem();
        let path = self.file_path(&name);
        let temporary = self.directory.join(format!(".{name}.tmp"));
        let written =
            write_synced(&temporary, entry).and_then(|()| std::fs::rename(&temporary, &path));
        if written.is_err() {
            // Half a file on a full disk helps nobody.
            let _ = std::fs::remove_file(&temporary);
        }
        written?;
        // Without it the new name may be lost with the power; the old file is still whole then.
        File::open(&self.directory)?.sync_all()
    }

    /// What is kept of a source, by file. What cannot be believed is told and left out.
    pub fn read_entries(&mut self, source: &str) -> Vec<StateEntry> {
        let prefix = entry::name_hash(source);
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
                    tracing::warn!(file = %file.display(), %error, "a file in the state directory is not believed");
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
            return Err(io::Error::other("larger than any document"));
        }
        let entry = StateEntry::decode(name, &bytes).map_err(io::Error::other)?;
        let good_at = entry.good_at.max(modified.min(SystemTime::now()));
        Ok(StateEntry { good_at, ..entry })
    }

    /// Notes that a document is still the newest.
    pub fn touch(&self, source: &str, file: &str) {
        let path = self.file_path(&entry::file_stem(source, file));
        let file = OpenOptions::new().append(true).open(path);
        // If this does not work, flags will look older than they are, which is the safe side.
        let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
    }

    /// Forgets the document of a file that is gone.
    pub fn remove_entry(&self, source: &str, file: &str) {
        let _ = std::fs::remove_file(self.file_path(&entry::file_stem(source, file)));
    }

    fn file_path(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.{EXTENSION}"))
    }

    fn warn_once(&mut self, what: &str, error: &io::Error) {
        if self.logged_warnings.insert(format!("{what}: {error}")) {
            tracing::warn!(directory = %self.directory.display(), %error, "{what}; nothing else is affected");
        }
    }
}

fn write_synced(path: &Path, entry: &StateEntry) -> io::Result<()> {
    // What an earlier process left half written.
    let _ = std::fs::remove_file(path);
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(entry.encode_header().as_bytes())?;
    file.write_all(&entry.bytes)?;
    file.sync_all()
}
