//! `FilePattern`: the files that the path of a `file:` source names: a file, a directory or a glob.

use std::path::Path;
use std::path::PathBuf;

use crate::document::DocumentFormat;

/// The files that a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilePattern {
    /// This file, even if it does not exist.
    File(PathBuf),
    /// The flag files in this directory.
    Directory(PathBuf),
    /// The flag files that match this pattern.
    Glob(String),
}

impl FilePattern {
    /// Returns the files that `path` names. A path that does not exist and is not a pattern counts as a file.
    pub fn from_path(path: &Path) -> FilePattern {
        if path.is_dir() {
            return FilePattern::Directory(path.to_owned());
        }
        match path.to_str() {
            Some(text) if text.contains(['*', '?', '[']) && !path.exists() => {
                FilePattern::Glob(text.to_owned())
            }
            _ => FilePattern::File(path.to_owned()),
        }
    }

    /// Returns the files as they are now, in order of priority: the last wins.
    ///
    /// # Errors
    /// If the directory cannot be listed.
    pub fn files(&self) -> std::io::Result<Vec<PathBuf>> {
        let mut files = match self {
            FilePattern::File(path) => return Ok(vec![path.clone()]),
            FilePattern::Directory(path) => list_directory(path)?,
            FilePattern::Glob(pattern) => match glob::glob(pattern) {
                Ok(paths) => paths
                    .collect::<Result<_, _>>()
                    .map_err(std::io::Error::other)?,
                Err(error) => return Err(std::io::Error::other(error)),
            },
        };
        files.retain(|path| is_flag_file(path));
        files.sort();
        Ok(files)
    }

    /// Returns true if the flags of a deleted file are dropped.
    pub fn drops_missing_files(&self) -> bool {
        !matches!(self, FilePattern::File(_))
    }

    /// Returns the directory whose entries are the files; for a glob, the last one before a wildcard.
    pub fn directory(&self) -> Option<PathBuf> {
        let directory = match self {
            FilePattern::File(path) => path.parent()?,
            FilePattern::Directory(path) => path,
            FilePattern::Glob(pattern) => Path::new(fixed_directory(pattern)),
        };
        Some(if directory.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            directory.to_owned()
        })
    }

    /// Returns true if a new directory may match.
    pub fn has_wildcard_directory(&self) -> bool {
        match self {
            FilePattern::File(_) | FilePattern::Directory(_) => false,
            FilePattern::Glob(pattern) => {
                let fixed = fixed_directory(pattern).len();
                pattern.get(fixed..).is_some_and(|rest| rest.contains('/'))
            }
        }
    }
}

/// Returns the directory of a pattern before its first wildcard, with the slash.
fn fixed_directory(pattern: &str) -> &str {
    let fixed = pattern.split(['*', '?', '[']).next().unwrap_or("");
    let end = fixed.rfind('/').map_or(0, |at| at + 1);
    fixed.get(..end).unwrap_or("")
}

fn list_directory(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    std::fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect()
}

/// Returns true if a file in a directory holds flags: by its extension, and not hidden, as editors' temporary files
/// are.
fn is_flag_file(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let hidden = name.is_none_or(|name| name.starts_with(['.', '#']));
    !hidden && DocumentFormat::from_path(path).is_some() && is_file(path)
}

/// Returns true unless the file is known not to exist: an unreadable file, or a FIFO in its place, keeps its flags.
fn is_file(path: &Path) -> bool {
    match std::fs::metadata(path) {
        Ok(metadata) => !metadata.is_dir(),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}
