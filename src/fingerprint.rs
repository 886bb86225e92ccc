//! Fingerprints: 64-bit non-cryptographic hashes for change detection.
//!
//! Fingerprints are equal in all processes of one release, so that replicas agree. Every byte of every document is
//! hashed, so the hash is chosen for speed; a collision gives an attacker no advantage.

use std::hash::BuildHasher as _;
use std::hash::Hash;
use std::hash::Hasher;

use foldhash::quality::FixedState;

use crate::coop;

/// The number of bytes of a document that are hashed at once.
const CHUNK_SIZE: usize = 64 * 1024;

/// The fingerprint of a value.
pub fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    FixedState::default().hash_one(value)
}

/// Returns a hasher for a value in pieces. The fingerprint depends on the boundaries of the pieces.
pub fn hasher() -> impl Hasher {
    FixedState::default().build_hasher()
}

/// Returns the 128-bit fingerprint of bytes. It is part of entity tags and file names: changing it invalidates them.
pub fn bytes_128(bytes: &[u8]) -> u128 {
    // Reading from memory does not fail.
    murmur3::murmur3_x64_128(&mut &*bytes, 0).unwrap_or_default()
}

/// Returns the fingerprint of a document's text. Yields to requests between chunks.
pub fn document(bytes: &[u8]) -> u64 {
    let mut hasher = hasher();
    for chunk in coop::yielding(bytes.chunks(CHUNK_SIZE)) {
        hasher.write(chunk);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprint_of_known_input_is_stable() {
        // If it changes, each client fetches its flags again once while replicas of two releases run side by side.
        assert_eq!(
            hash(&("new-welcome", Some(true), 3_u64)),
            1_703_961_311_314_321_890
        );
        let mut pieces = hasher();
        pieces.write(b"flags: ");
        pieces.write(b"{}");
        assert_eq!(pieces.finish(), 7_275_509_635_749_844_078);
    }
}
