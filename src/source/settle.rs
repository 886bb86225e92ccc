//! Reads files that somebody may be writing.
//!
//! Content is compared, not time: a file is believed once two looks at it agree. Text that does not parse gets a little
//! longer, because half a file usually does not.

use std::fs::File;
use std::hash::Hasher as _;
use std::path::Path;
use std::time::Duration;

use crate::courtesy;
use crate::fingerprint;
use crate::limits;
use crate::source::file::Signature;
use crate::source::text::Text;

/// Between two looks at a file.
const PAUSE: Duration = Duration::from_millis(2);
/// How many looks a file gets before it is believed although it keeps changing.
const LOOKS: usize = 50;

/// After this time without a change nobody is in the middle of writing a file.
const WRITTEN_LONG_AGO: Duration = Duration::from_millis(100);

/// The most bytes that are hashed at once.
const PIECE: usize = 64 * 1024;

/// A file's content.
#[derive(Debug)]
pub struct Content {
    /// The bytes.
    pub bytes: Text,
    /// Their hash.
    pub hash: u64,
    /// What the file system said when they were read.
    pub signature: Signature,
}

/// The content of a file that holds still.
///
/// # Errors
/// If it cannot be read, or is larger than [`limits::DOCUMENT`].
pub fn read(path: &Path, known: Option<u64>) -> std::io::Result<Content> {
    let mut content = once(path)?;
    let mut hashed = hash(&content.bytes);
    for _ in 0..LOOKS {
        if Some(hashed) == known || content.signature.is_older_than(WRITTEN_LONG_AGO) {
            break;
        }
        std::thread::sleep(PAUSE);
        let again = once(path)?;
        if again == content {
            break;
        }
        hashed = hash(&again.bytes);
        content = again;
    }
    let Look { bytes, signature } = content;
    Ok(Content {
        bytes,
        hash: hashed,
        signature,
    })
}

/// Waits until a file differs from `content`, or has been the same for a tenth of a second. Tells whether it differs.
pub fn changes_soon(path: &Path, content: &Content) -> bool {
    (0..LOOKS).any(|_| {
        std::thread::sleep(PAUSE);
        std::fs::metadata(path).is_ok_and(|now| Signature::of(&now) != content.signature)
    })
}

/// What one look at a file shows.
#[derive(PartialEq)]
struct Look {
    bytes: Text,
    signature: Signature,
}

fn once(path: &Path) -> std::io::Result<Look> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.len() > limits::DOCUMENT {
        let why = format!("larger than {} bytes", limits::DOCUMENT);
        return Err(std::io::Error::other(why));
    }
    let bytes = Text::read(&file, metadata.len(), limits::DOCUMENT)?;
    let signature = Signature::of(&file.metadata()?);
    Ok(Look { bytes, signature })
}

/// The hash by which texts are compared.
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = fingerprint::pieces();
    for piece in courtesy::between(bytes.chunks(PIECE)) {
        hasher.write(piece);
    }
    hasher.finish()
}
