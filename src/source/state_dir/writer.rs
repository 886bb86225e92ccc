//! `StateWriter`: queues documents for the state directory and writes them after their flags are published.

use std::path::PathBuf;

use crate::source::state_dir::StateDir;
use crate::source::state_dir::StateEntry;

/// The state directory, if there is one, and the documents to write.
#[derive(Debug)]
pub struct StateWriter {
    dir: Option<StateDir>,
    pending: Vec<StateEntry>,
}

impl StateWriter {
    /// Returns a writer to this directory. Without a directory it does nothing.
    pub fn new(directory: Option<PathBuf>) -> StateWriter {
        StateWriter {
            dir: directory.map(StateDir::open),
            pending: Vec::new(),
        }
    }

    /// Returns the documents that an earlier process kept of a source.
    pub fn read_entries(&mut self, source: &str) -> Vec<StateEntry> {
        let dir = self.dir.as_mut();
        dir.map(|dir| dir.read_entries(source)).unwrap_or_default()
    }

    /// Queues a document, if there is a directory.
    pub fn enqueue(&mut self, entry: impl FnOnce() -> StateEntry) {
        if self.dir.is_some() {
            self.pending.push(entry());
        }
    }

    /// Writes the queued documents.
    pub fn flush(&mut self) {
        for entry in self.pending.drain(..) {
            if let Some(dir) = &mut self.dir {
                dir.write_entry(&entry);
            }
        }
    }

    /// Removes the document of a file.
    pub fn remove(&mut self, source: &str, file: &str) {
        self.pending
            .retain(|e| (&*e.source, &*e.file) != (source, file));
        if let Some(dir) = &self.dir {
            dir.remove_entry(source, file);
        }
    }

    /// Records that the document of a file is still up to date.
    pub fn touch(&self, source: &str, file: &str) {
        if let Some(dir) = &self.dir {
            dir.touch(source, file);
        }
    }
}
