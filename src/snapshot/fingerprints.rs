//! `Fingerprints`: the fingerprint of each flag of a selection, and their entity tag.

use std::sync::Arc;
use std::sync::OnceLock;

use crate::fingerprint;

/// The keys of flags, sorted, with the fingerprint of each flag.
#[derive(Debug, Default)]
pub struct Fingerprints {
    flags: Vec<(Arc<str>, u64)>,
    etag: OnceLock<Arc<str>>,
}

impl Fingerprints {
    /// The fingerprints of flags, which must be sorted by key.
    pub fn new(flags: Vec<(Arc<str>, u64)>) -> Fingerprints {
        Fingerprints {
            flags,
            etag: OnceLock::new(),
        }
    }

    /// Returns the keys and fingerprints.
    pub fn flags(&self) -> &[(Arc<str>, u64)] {
        &self.flags
    }

    /// Returns an entity tag, without quotation marks: the same on every replica that has the same flags.
    pub fn etag(&self) -> Arc<str> {
        let make = || {
            let mut text = Vec::new();
            for (key, print) in &self.flags {
                text.extend_from_slice(key.as_bytes());
                text.extend_from_slice(&print.to_le_bytes());
            }
            format!("{:032x}", fingerprint::bytes_128(&text)).into()
        };
        self.etag.get_or_init(make).clone()
    }
}
