//! What goes into the state directory: gathered while sources are read, written after their flags are in force.

use std::path::PathBuf;

use crate::source::state_dir::StateDir;
use crate::source::state_dir::StateEntry;

/// The state directory, if there is one, and what waits to be written.
#[derive(Debug)]
pub struct StateWriter {
    dir: Option<StateDir>,
    pending: Vec<StateEntry>,
}

impl StateWriter {
    /// The directory at this path, or nothing at all.
    pub fn new(directory: Option<PathBuf>) -> StateWriter {
        StateWriter {
            dir: directory.map(StateDir::open),
            pending: Vec::new(),
        }
    }

    /// What an earlier process left of a source.
    pub fn read_entries(&mut self, source: &str) -> Vec<StateEntry> {
        let store = self.dir.as_mut();
        store
            .map(|store| store.read_entries(source))
            .unwrap_or_default()
    }

    /// Takes a document to be written, if there is a directory.
    pub fn enqueue(&mut self, entry: impl FnOnce() -> StateEntry) {
        if self.dir.is_some() {
            self.pending.push(entry());
        }
    }

    /// Writes what waits.
    pub fn flush(&mut self) {
        for entry in self.pending.drain(..) {
            if let Some(store) = &mut self.dir {
                store.write_entry(&entry);
            }
        }
    }

    /// Forgets the document of a file.
    pub fn remove(&mut self, source: &str, file: &str) {
        self.pending
            .retain(|e| (&*e.source, &*e.file) != (source, file));
        if let Some(store) = &self.dir {
            store.remove_entry(source, file);
        }
    }

    /// Notes that the document of a file is still the newest.
    pub fn touch(&self, source: &str, file: &str) {
        if let Some(store) = &self.dir {
            store.touch(source, file);
        }
    }
}
