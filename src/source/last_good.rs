//! The last good document of a file or a network source.

use crate::source::layer::Layer;

/// The last good document, and what was seen since.
#[derive(Debug, Default)]
pub struct LastGood {
    /// The flags of the last good document.
    pub layer: Option<Layer>,
    /// The hash of the text that it was read from.
    good_fingerprint: Option<u64>,
    /// The hash of the last text, good or not.
    last_fingerprint: Option<u64>,
    /// Why the last text was refused, if it was.
    pub refusal: Option<String>,
}

impl LastGood {
    /// Whether a text need not be read: it is that of the document in force, or the one that was refused last.
    pub fn is_unchanged(&mut self, hash: u64) -> bool {
        if self.good_fingerprint == Some(hash) {
            self.last_fingerprint = self.good_fingerprint;
            self.refusal = None;
        }
        self.last_fingerprint == Some(hash)
    }

    /// Puts a document in force.
    pub fn accept(&mut self, hash: u64, layer: Layer) {
        *self = LastGood {
            layer: Some(layer),
            good_fingerprint: Some(hash),
            last_fingerprint: Some(hash),
            refusal: None,
        };
    }

    /// Notes that a text is no document; the last good one stays.
    pub fn refuse(&mut self, hash: u64, why: String) {
        self.last_fingerprint = Some(hash);
        self.refusal = Some(why);
    }
}
