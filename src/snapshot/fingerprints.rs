//! `Fingerprints`: a fingerprint of each flag of a selection, and their entity tag.
//!
//! A stream keeps the fingerprints of the flags that it last sent. A stream that nobody reads keeps those of an old
//! generation, so generations share the chunks of flags that did not change: an edit of one flag of 10,000 costs 4 KB
//! instead of 240.

use std::sync::Arc;
use std::sync::OnceLock;

use crate::coop;
use crate::fingerprint;

/// The mean number of flags in a chunk; a power of two.
const CHUNK_SIZE: u64 = 64;

/// The key of a flag, with its fingerprint.
pub type FlagFingerprint = (Arc<str>, u64);

/// The keys of flags, sorted, with the fingerprint of each flag.
#[derive(Debug, Default)]
pub struct Fingerprints {
    /// Flags in order. A chunk ends at a key with a certain hash, so that a new flag moves no other boundary.
    chunks: Vec<Arc<[FlagFingerprint]>>,
    etag: OnceLock<Arc<str>>,
}

impl Fingerprints {
    /// The fingerprints of flags, which must be sorted by key. Chunks that are equal in `before` are shared with it.
    pub fn new(flags: &[FlagFingerprint], before: &Fingerprints) -> Fingerprints {
        let mut earlier = before.chunks.iter().peekable();
        let chunks = flags.chunk_by(|(key, _), _| !ends_chunk(key));
        let share = |chunk: &[FlagFingerprint]| {
            while earlier
                .next_if(|known| first_key(known) < first_key(chunk))
                .is_some()
            {}
            match earlier.peek() {
                Some(known) if is_same(known, chunk) => Arc::clone(known),
                _ => chunk.into(),
            }
        };
        Fingerprints {
            chunks: chunks.map(share).collect(),
            etag: OnceLock::new(),
        }
    }

    /// Returns the keys and fingerprints.
    pub fn flags(&self) -> impl Iterator<Item = &FlagFingerprint> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// Returns an entity tag, without quotation marks: the same on every replica that has the same flags.
    pub fn etag(&self) -> Arc<str> {
        let make = || {
            let mut text = Vec::new();
            for (key, print) in self.flags() {
                text.extend_from_slice(key.as_bytes());
                text.extend_from_slice(&print.to_le_bytes());
            }
            format!("{:032x}", fingerprint::bytes_128(&text)).into()
        };
        self.etag.get_or_init(make).clone()
    }
}

fn ends_chunk(key: &str) -> bool {
    coop::tick();
    fingerprint::hash(key).is_multiple_of(CHUNK_SIZE)
}

fn first_key(chunk: &[FlagFingerprint]) -> Option<&str> {
    chunk.first().map(|(key, _)| &**key)
}

fn is_same(a: &[FlagFingerprint], b: &[FlagFingerprint]) -> bool {
    let mut pairs = a.iter().zip(b);
    a.len() == b.len() && pairs.all(|((a, x), (b, y))| x == y && (Arc::ptr_eq(a, b) || **a == **b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Flags with fingerprints 0, except some.
    fn flags(count: usize, changed: &[usize]) -> Vec<FlagFingerprint> {
        let keys = (0..count).map(|at| (format!("flag-{at:06}").into(), at));
        keys.map(|(key, at)| (key, u64::from(changed.contains(&at))))
            .collect()
    }

    /// The number of flags in chunks that two generations do not share.
    fn unshared(a: &Fingerprints, b: &Fingerprints) -> usize {
        let is_shared = |chunk: &&Arc<[FlagFingerprint]>| {
            b.chunks.iter().any(|other| Arc::ptr_eq(chunk, other))
        };
        let unshared = a.chunks.iter().filter(|chunk| !is_shared(chunk));
        unshared.map(|chunk| chunk.len()).sum()
    }

    #[test]
    fn generations_share_the_chunks_of_unchanged_flags() {
        let before = Fingerprints::new(&flags(10_000, &[]), &Fingerprints::default());
        let after = flags(10_000, &[5000]);
        let changed = Fingerprints::new(&after, &before);
        assert!(changed.flags().eq(after.iter()));
        let count = unshared(&changed, &before);
        assert!((1..1000).contains(&count), "{count}");
        // A new flag and a deleted one change the chunks around them only.
        let mut after = flags(10_000, &[]);
        after.remove(2000);
        after.insert(7000, ("flag-006999-b".into(), 3));
        let changed = Fingerprints::new(&after, &before);
        assert!(changed.flags().eq(after.iter()));
        let count = unshared(&changed, &before);
        assert!((1..2000).contains(&count), "{count}");
        assert_ne!(changed.etag(), before.etag());
    }
}
