//! The last good document of a file or a network source.

use crate::source::layer::Layer;

/// The last good document, and what was seen since.
#[derive(Debug, Default)]
pub struct Held {
    /// The flags of the last good document.
    pub layer: Option<Layer>,
    /// The hash of the text that it was read from.
    good: Option<u64>,
    /// The hash of the last text, good or not.
    seen: Option<u64>,
    /// Why the last text was refused, if it was.
    pub refused: Option<String>,
}

impl Held {
    /// Whether a text need not be read: it is that of the document in force, or the one that was refused last.
    pub fn knows(&mut self, hash: u64) -> bool {
        if self.good == Some(hash) {
            self.seen = self.good;
            self.refused = None;
        }
        self.seen == Some(hash)
    }

    /// Puts a document in force.
    pub fn accept(&mut self, hash: u64, layer: Layer) {
        *self = Held {
            layer: Some(layer),
            good: Some(hash),
            seen: Some(hash),
            refused: None,
        };
    }

    /// Notes that a text is no document; the last good one stays.
    pub fn refuse(&mut self, hash: u64, why: String) {
        self.seen = Some(hash);
        self.refused = Some(why);
    }
}
