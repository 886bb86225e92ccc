//! Reads files that another process may be writing, until the content is stable.
//!
//! A file is stable once two reads return the same content. A text that does not parse gets more time, because a
//! partial file usually does not parse.

use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::fault_injection;
use crate::fingerprint;
use crate::limits;
use crate::regular_file;
use crate::source::error::SourceError;
use crate::source::file::metadata::FileMetadata;
use crate::source::file::mmap_buffer::MmapBuffer;

/// The time between two reads of a file.
const RECHECK_DELAY: Duration = Duration::from_millis(2);
/// The most reads of a file that keeps changing.
const MAX_READS: usize = 50;

/// The time without a change after which a write is complete.
const SETTLED_AGE: Duration = Duration::from_millis(100);

/// A file's content.
#[derive(Debug)]
pub struct FileContent {
    /// The bytes.
    pub bytes: MmapBuffer,
    /// Their fingerprint.
    pub fingerprint: u64,
    /// The metadata when they were read.
    metadata: FileMetadata,
    /// The time when they had been read.
    read_at: Instant,
    /// True if the last change was more than [`SETTLED_AGE`] before that.
    is_settled: bool,
}

impl FileContent {
    /// Returns the metadata if it differs after any further change. `None` soon after a change: the clock of the file
    /// system is coarse.
    pub fn settled_metadata(&self) -> Option<FileMetadata> {
        self.is_settled.then_some(self.metadata)
    }
}

/// Returns the current content of a file. [`has_changed`] detects a concurrent write.
///
/// # Errors
/// If it cannot be read, or is larger than [`limits::DOCUMENT`].
pub fn read_once(path: &Path) -> Result<FileContent, SourceError> {
    fault_injection::file_point("file-read", path);
    let file = regular_file::open(path)?;
    let metadata = file.metadata()?;
    if metadata.len() > limits::DOCUMENT {
        return Err(SourceError::FileTooLarge(limits::DOCUMENT));
    }
    let bytes = MmapBuffer::read(&file, metadata.len(), limits::DOCUMENT)?;
    let metadata = FileMetadata::new(&file.metadata()?);
    Ok(FileContent {
        fingerprint: fingerprint::document(&bytes),
        bytes,
        metadata,
        read_at: Instant::now(),
        is_settled: metadata.is_older_than(SETTLED_AGE),
    })
}

/// Returns the content of a file once it is stable.
///
/// # Errors
/// Those of [`read_once`].
pub fn read_stable(path: &Path) -> Result<FileContent, SourceError> {
    let mut content = read_once(path)?;
    for _ in 0..MAX_READS {
        if !has_changed(path, &content)? {
            break;
        }
        content = read_once(path)?;
    }
    Ok(content)
}

/// Returns true if a file differs from `content`. Waits until `content` is at least `RECHECK_DELAY` old.
///
/// # Errors
/// If the file cannot be read any more.
pub fn has_changed(path: &Path, content: &FileContent) -> io::Result<bool> {
    if content.is_settled {
        return Ok(false);
    }
    thread::sleep(RECHECK_DELAY.saturating_sub(content.read_at.elapsed()));
    fault_injection::file_point("file-read", path);
    let file = regular_file::open(path)?;
    let same = content.bytes.matches_file(&file)?;
    Ok(!same || FileMetadata::new(&file.metadata()?) != content.metadata)
}

/// Returns true as soon as a file differs from `content`, and false if it has not changed within a tenth of a second.
pub fn wait_for_change(path: &Path, content: &FileContent) -> bool {
    (0..MAX_READS).any(|_| {
        thread::sleep(RECHECK_DELAY);
        std::fs::metadata(path).is_ok_and(|now| FileMetadata::new(&now) != content.metadata)
    })
}
