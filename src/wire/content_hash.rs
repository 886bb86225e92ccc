//! `ContentHash`: the SHA-256 of the flags of a document, by which control plane and sidecars agree on what is served.

use std::fmt;

use sha2::Digest as _;
use sha2::Sha256;

/// A SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// The hash of bytes.
    pub fn of(bytes: &[u8]) -> ContentHash {
        ContentHash(Sha256::digest(bytes).into())
    }

    /// The hash of the flags of a document: their keys and definitions in JSON, sorted by key. Each text is preceded by
    /// its length as eight bytes, the lowest first.
    pub fn of_definitions<'f>(flags: impl IntoIterator<Item = (&'f str, &'f str)>) -> ContentHash {
        let mut hasher = Sha256::new();
        for text in flags.into_iter().flat_map(|(key, text)| [key, text]) {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text);
        }
        ContentHash(hasher.finalize().into())
    }

    /// The hash in these bytes, if there are 32.
    pub fn from_slice(bytes: &[u8]) -> Option<ContentHash> {
        bytes.try_into().ok().map(ContentHash)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
