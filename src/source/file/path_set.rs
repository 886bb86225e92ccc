//! The files behind one `file:` source: a file, the files of a directory, or those that match a glob.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::SystemTime;

use crate::document::DocumentFormat;

/// Which files a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathSet {
    /// This one, whether it exists or not.
    File(PathBuf),
    /// The flag files in this directory.
    Directory(PathBuf),
    /// Those that match this pattern.
    Glob(String),
}

impl PathSet {
    /// The selection that `path` names. What does not exist yet and is no pattern is taken for a file.
    pub fn from_path(path: &Path) -> PathSet {
        if path.is_dir() {
            return PathSet::Directory(path.to_owned());
        }
        match path.to_str() {
            Some(text) if text.contains(['*', '?', '[']) && !path.exists() => {
                PathSet::Glob(text.to_owned())
            }
            _ => PathSet::File(path.to_owned()),
        }
    }

    /// The files as they are now, in the order in which they are laid over each other.
    ///
    /// # Errors
    /// If the directory cannot be listed: then nothing is known about its files.
    pub fn files(&self) -> std::io::Result<Vec<PathBuf>> {
        let mut files = match self {
            PathSet::File(path) => return Ok(vec![path.clone()]),
            PathSet::Directory(path) => list_directory(path)?,
            PathSet::Glob(pattern) => match glob::glob(pattern) {
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

    /// Whether a file of this selection that is gone takes its flags along.
    pub fn drops_missing_files(&self) -> bool {
        !matches!(self, PathSet::File(_))
    }

    /// The directories whose events concern this selection.
    pub fn watched_directories(&self) -> Vec<PathBuf> {
        let mut directories = Vec::new();
        let mut add = |directory: Option<&Path>| {
            let directory = directory.map(|d| {
                if d.as_os_str().is_empty() {
                    PathBuf::from(".")
                } else {
                    d.to_owned()
                }
            });
            directories.extend(directory);
        };
        match self {
            PathSet::File(path) => {
                add(path.parent());
                // Where a link leads, content changes without an event at the link.
                if let Ok(target) = path.canonicalize() {
                    add(target.parent());
                }
            }
            PathSet::Directory(path) => {
                add(Some(path));
                if let Ok(target) = path.join("..data").canonicalize() {
                    add(Some(&target));
                }
            }
            PathSet::Glob(pattern) => {
                let fixed = pattern.split(['*', '?', '[']).next().unwrap_or("");
                let end = fixed.rfind('/').map_or(0, |at| at + 1);
                add(fixed.get(..end).map(Path::new));
                for file in self.files().unwrap_or_default() {
                    add(file.parent());
                }
            }
        }
        directories.sort();
        directories.dedup();
        directories
    }
}

fn list_directory(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    std::fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect()
}

/// Whether a file in a directory holds flags: by its extension, and not hidden, as editors' temporary files are.
fn is_flag_file(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let hidden = name.is_none_or(|name| name.starts_with(['.', '#']));
    !hidden && DocumentFormat::from_path(path).is_some() && is_file(path)
}

/// Whether there is a file. One that cannot be looked at counts: only what is known to be gone is gone.
fn is_file(path: &Path) -> bool {
    match std::fs::metadata(path) {
        Ok(metadata) => metadata.is_file(),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

/// What the file system says about a file's content without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileMetadata {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileMetadata {
    /// The signature of a file's metadata. Any difference, also toward the past, means that the file must be read.
    pub fn new(metadata: &Metadata) -> FileMetadata {
        FileMetadata {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether the last change lies further back than `age`. Only the system sets this time, so it cannot be forged.
    pub fn is_older_than(&self, age: Duration) -> bool {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = since.map_or(0, |since| since.as_nanos());
        let (seconds, nanos) = self.changed;
        let changed = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        let elapsed = i128::try_from(now).unwrap_or(0) - changed;
        elapsed > i128::try_from(age.as_nanos()).unwrap_or(i128::MAX)
    }
}
