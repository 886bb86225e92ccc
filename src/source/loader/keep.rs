//! What goes into the state directory: gathered while sources are read, written after their flags are in force.

use std::path::PathBuf;

use crate::source::state::Entry;
use crate::source::state::Store;

/// The state directory, if there is one, and what waits to be written.
#[derive(Debug)]
pub struct Keep {
    store: Option<Store>,
    waiting: Vec<Entry>,
}

impl Keep {
    /// The directory at this path, or nothing at all.
    pub fn new(directory: Option<PathBuf>) -> Keep {
        Keep {
            store: directory.map(Store::open),
            waiting: Vec::new(),
        }
    }

    /// What an earlier process left of a source.
    pub fn read(&mut self, source: &str) -> Vec<Entry> {
        let store = self.store.as_mut();
        store.map(|store| store.read(source)).unwrap_or_default()
    }

    /// Takes a document to be written, if there is a directory.
    pub fn add(&mut self, entry: impl FnOnce() -> Entry) {
        if self.store.is_some() {
            self.waiting.push(entry());
        }
    }

    /// Writes what waits.
    pub fn write(&mut self) {
        for entry in self.waiting.drain(..) {
            if let Some(store) = &mut self.store {
                store.write(&entry);
            }
        }
    }

    /// Forgets the document of a file.
    pub fn forget(&mut self, source: &str, file: &str) {
        self.waiting
            .retain(|e| (&*e.source, &*e.file) != (source, file));
        if let Some(store) = &self.store {
            store.forget(source, file);
        }
    }

    /// Notes that the document of a file is still the newest.
    pub fn touch(&self, source: &str, file: &str) {
        if let Some(store) = &self.store {
            store.touch(source, file);
        }
    }
}
