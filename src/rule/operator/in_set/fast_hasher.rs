//! `FastHasher`: a non-cryptographic hash of short strings, for sets of constants.

use std::hash::Hasher;

/// Hashes texts eight bytes at a time. Constants come from the author of a flag, and callers cannot add any: the hash
/// need not resist collision attacks.
#[derive(Debug, Clone, Copy, Default)]
pub struct FastHasher(u64);

impl FastHasher {
    // The factor, the golden ratio, spreads adjacent values; the rotation moves the well-mixed high bits down.
    fn mix(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed.rotate_left(29);
    }
}

impl Hasher for FastHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let last = rest
            .iter()
            .fold(0, |last, byte| last << 8 | u64::from(*byte));
        self.mix(last ^ (bytes.len() as u64) << 56);
    }

    // `str` hashes one byte after its text; the length is already in the hash.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
