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

use crate::courtesy;
use crate::fingerprint;
use crate::limits;
use crate::source::file::Signature;
use crate::source::text::PIECE;
use crate::source::text::Text;

/// Between two looks at a file.
const PAUSE: Duration = Duration::from_millis(2);
/// How many looks a file gets before it is believed although it keeps changing.
const LOOKS: usize = 50;

/// After this time without a change nobody is in the middle of writing a file.
const WRITTEN_LONG_AGO: Duration = Duration::from_millis(100);

/// A file's content.
#[derive(Debug)]
pub struct Content {
    /// The bytes.
    pub bytes: Text,
    /// Their hash.
    pub hash: u64,
    /// What the file system said when they were read.
    signature: Signature,
    /// When they had been read.
    at: Instant,
    /// Whether the last change was long ago then.
    old: bool,
}

impl Content {
    /// What the file system says for as long as nothing changes. `None` while something may change without showing
    /// there: its clock ticks slowly.
    pub fn signature(&self) -> Option<Signature> {
        self.old.then_some(self.signature)
    }
}

/// The content of a file at this moment. [`changed`] tells whether it can be believed.
///
/// # Errors
/// If it cannot be read, or is larger than [`limits::DOCUMENT`].
pub fn look(path: &Path) -> io::Result<Content> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.len() > limits::DOCUMENT {
        let why = format!("larger than {} bytes", limits::DOCUMENT);
        return Err(io::Error::other(why));
    }
    let bytes = Text::read(&file, metadata.len(), limits::DOCUMENT)?;
    let signature = Signature::of(&file.metadata()?);
    Ok(Content {
        hash: hash(&bytes),
        bytes,
        signature,
        at: Instant::now(),
        old: signature.is_older_than(WRITTEN_LONG_AGO),
    })
}

/// The content of a file that holds still.
///
/// # Errors
/// Those of [`look`].
pub fn read(path: &Path) -> io::Result<Content> {
    let mut content = look(path)?;
    for _ in 0..LOOKS {
        if !changed(path, &content)? {
            break;
        }
        content = look(path)?;
    }
    Ok(content)
}

/// Whether a file differs from `content`, a moment after that was read.
///
/// # Errors
/// If it cannot be read any more.
pub fn changed(path: &Path, content: &Content) -> io::Result<bool> {
    if content.old {
        return Ok(false);
    }
    thread::sleep(PAUSE.saturating_sub(content.at.elapsed()));
    let file = File::open(path)?;
    let same = content.bytes.is_that_of(&file)?;
    Ok(!same || Signature::of(&file.metadata()?) != content.signature)
}

/// Waits until a file differs from `content`, or has been the same for a tenth of a second. Tells whether it differs.
pub fn changes_soon(path: &Path, content: &Content) -> bool {
    (0..LOOKS).any(|_| {
        thread::sleep(PAUSE);
        std::fs::metadata(path).is_ok_and(|now| Signature::of(&now) != content.signature)
    })
}

/// The hash by which texts are compared.
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = fingerprint::pieces();
    for piece in courtesy::between(bytes.chunks(PIECE)) {
        hasher.write(piece);
    }
    hasher.finish()
}
