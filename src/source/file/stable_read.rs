//! Reads files that somebody may be writing.
//!
//! Content is compared, not time: a file is believed once two looks at it agree. Text that does not parse gets a little
//! longer, because half a file usually does not.

use std::fs::File;
use std::hash::Hasher as _;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::coop;
use crate::fingerprint;
use crate::limits;
use crate::source::file::mmap_buffer::CHUNK_SIZE;
use crate::source::file::mmap_buffer::MmapBuffer;
use crate::source::file::path_set::FileMetadata;

/// Between two looks at a file.
const RECHECK_DELAY: Duration = Duration::from_millis(2);
/// How many looks a file gets before it is believed although it keeps changing.
const MAX_READS: usize = 50;

/// After this time without a change nobody is in the middle of writing a file.
const SETTLED_AGE: Duration = Duration::from_millis(100);

/// A file's content.
#[derive(Debug)]
pub struct FileContent {
    /// The bytes.
    pub bytes: MmapBuffer,
    /// Their hash.
    pub fingerprint: u64,
    /// What the file system said when they were read.
    metadata: FileMetadata,
    /// When they had been read.
    read_at: Instant,
    /// Whether the last change was long ago then.
    is_settled: bool,
}

impl FileContent {
    /// What the file system says for as long as nothing changes. `None` while something may change without showing
    /// there: its clock ticks slowly.
    pub fn settled_metadata(&self) -> Option<FileMetadata> {
        self.is_settled.then_some(self.metadata)
    }
}

/// The content of a file at this moment. [`has_changed`] tells whether it can be believed.
///
/// # Errors
/// If it cannot be read, or is larger than [`limits::DOCUMENT`].
pub fn read_once(path: &Path) -> io::Result<FileContent> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.len() > limits::DOCUMENT {
        let why = format!("larger than {} bytes", limits::DOCUMENT);
        return Err(io::Error::other(why));
    }
    let bytes = MmapBuffer::read(&file, metadata.len(), limits::DOCUMENT)?;
    let signature = FileMetadata::new(&file.metadata()?);
    Ok(FileContent {
        fingerprint: document_fingerprint(&bytes),
        bytes,
        metadata: signature,
        read_at: Instant::now(),
        is_settled: signature.is_older_than(SETTLED_AGE),
    })
}

/// The content of a file that holds still.
///
/// # Errors
/// Those of [`read_once`].
pub fn read_stable(path: &Path) -> io::Result<FileContent> {
    let mut content = read_once(path)?;
    for _ in 0..MAX_READS {
        if !has_changed(path, &content)? {
            break;
        }
        content = read_once(path)?;
    }
    Ok(content)
}

/// Whether a file differs from `content`, a moment after that was read.
///
/// # Errors
/// If it cannot be read any more.
pub fn has_changed(path: &Path, content: &FileContent) -> io::Result<bool> {
    if content.is_settled {
        return Ok(false);
    }
    thread::sleep(RECHECK_DELAY.saturating_sub(content.read_at.elapsed()));
    let file = File::open(path)?;
    let same = content.bytes.matches_file(&file)?;
    Ok(!same || FileMetadata::new(&file.metadata()?) != content.metadata)
}

/// Waits until a file differs from `content`, or has been the same for a tenth of a second. Tells whether it differs.
pub fn wait_for_change(path: &Path, content: &FileContent) -> bool {
    (0..MAX_READS).any(|_| {
        thread::sleep(RECHECK_DELAY);
        std::fs::metadata(path).is_ok_and(|now| FileMetadata::new(&now) != content.metadata)
    })
}

/// The hash by which texts are compared.
pub fn document_fingerprint(bytes: &[u8]) -> u64 {
    let mut hasher = fingerprint::hasher();
    for piece in coop::yielding(bytes.chunks(CHUNK_SIZE)) {
        hasher.write(piece);
    }
    hasher.finish()
}
