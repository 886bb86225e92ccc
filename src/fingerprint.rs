//! Fingerprints: numbers that differ, in all likelihood, when what they were made from differs.
//!
//! They are the same in every process of one release, so that replicas agree. Whoever writes flags gains nothing from two that are equal,
//! so they need not withstand an attacker, and every byte of every document passes through here.

use std::hash::BuildHasher as _;
use std::hash::Hash;
use std::hash::Hasher;

use foldhash::quality::FixedState;

/// The fingerprint of a value.
pub fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    FixedState::default().hash_one(value)
}

/// What makes the fingerprint of something that comes in pieces. It depends on where they end.
pub fn hasher() -> impl Hasher {
    FixedState::default().build_hasher()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprint_of_known_input_is_stable() {
        // Where it does, each client asks again once for what it has while replicas of two releases stand side by side.
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
