//! `FileMetadata`: detects a changed file by device, inode, size and times, without reading it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;
use std::time::SystemTime;

/// The identity, size and times of a file. Different values mean that the content may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileMetadata {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileMetadata {
    /// Takes the fields of `metadata`. Any difference, also toward the past, means that the file must be read.
    pub fn new(metadata: &Metadata) -> FileMetadata {
        FileMetadata {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Returns true if the last change is older than `age`. Only the kernel sets the change time, so it cannot be
    /// forged.
    pub fn is_older_than(&self, age: Duration) -> bool {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = since.map_or(0, |since| since.as_nanos());
        let (seconds, nanos) = self.changed;
        let changed = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        let elapsed = i128::try_from(now).unwrap_or(0) - changed;
        elapsed > i128::try_from(age.as_nanos()).unwrap_or(i128::MAX)
    }
}
