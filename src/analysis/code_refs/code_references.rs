//! The references to flag keys that a scan of source code found, by file.

use std::collections::HashSet;

use crate::diag::Position;

/// The references in one source file.
#[derive(Debug)]
pub struct FileReferences {
    /// The file.
    pub file: String,
    /// Each key, and its position.
    pub references: Vec<(Position, String)>,
}

/// The references in a tree of source code.
#[derive(Debug)]
pub struct CodeReferences {
    /// The files with references, sorted by name.
    pub files: Vec<FileReferences>,
    /// Keys of flags that no source file contains.
    pub unused_keys: HashSet<String>,
}

impl CodeReferences {
    /// Each reference: file, position and key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Position, &str)> {
        self.files.iter().flat_map(|found| {
            let references = found.references.iter();
            references.map(move |(position, key)| (&*found.file, *position, &**key))
        })
    }
}
