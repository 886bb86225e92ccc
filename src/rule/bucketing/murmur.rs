//! MurmurHash3-32, the hash of `fractional`.

pub(super) const C1: u32 = 0xCC9E_2D51;
pub(super) const C2: u32 = 0x1B87_3593;
pub(super) const ROTATE_WORD: u32 = 15;
pub(super) const ROTATE_HASH: u32 = 13;
pub(super) const HASH_MULTIPLIER: u32 = 5;
pub(super) const HASH_INCREMENT: u32 = 0xE654_6B64;
pub(super) const FINAL_1: u32 = 0x85EB_CA6B;
pub(super) const FINAL_2: u32 = 0xC2B2_AE35;

/// The 32-bit `MurmurHash3`, seed 0, of a bucketing value in two pieces, as every flagd implementation computes it.
///
/// <https://flagd.dev/reference/specifications/custom-operations/fractional-operation-spec/>
pub fn hash([first, rest]: [&[u8]; 2]) -> u32 {
    let mut state = HashState::default();
    state.update(first);
    state.update(rest);
    let length = u32::try_from(first.len() + rest.len()).unwrap_or(u32::MAX);
    state.finish(length)
}

/// The hash of all whole words so far, and up to three pending bytes.
#[derive(Default)]
struct HashState {
    hash: u32,
    /// The pending bytes, the first one lowest.
    pending_word: u64,
    /// The number of pending bits.
    pending_bits: u32,
}

impl HashState {
    #[inline]
    fn update(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<4>();
        for word in words {
            self.pending_word |= u64::from(u32::from_le_bytes(*word)) << self.pending_bits;
            self.mix_word();
        }
        for byte in rest {
            self.pending_word |= u64::from(*byte) << self.pending_bits;
            self.pending_bits += 8;
            if self.pending_bits == 32 {
                self.mix_word();
                self.pending_bits = 0;
            }
        }
    }

    /// Mixes the lower half of the pending bits into the hash.
    #[inline]
    fn mix_word(&mut self) {
        self.hash = mix(self.hash, low_word(self.pending_word));
        self.pending_word >>= 32;
    }

    fn finish(self, length: u32) -> u32 {
        let mut hash = self.hash ^ scramble(low_word(self.pending_word)) ^ length;
        hash = (hash ^ hash >> 16).wrapping_mul(FINAL_1);
        hash = (hash ^ hash >> 13).wrapping_mul(FINAL_2);
        hash ^ hash >> 16
    }
}

/// The lower half of the pending bits.
#[inline]
fn low_word(pending: u64) -> u32 {
    u32::try_from(pending & u64::from(u32::MAX)).unwrap_or_default()
}

/// The hash after one more word.
#[inline]
pub(super) fn mix(hash: u32, word: u32) -> u32 {
    (hash ^ scramble(word))
        .rotate_left(ROTATE_HASH)
        .wrapping_mul(HASH_MULTIPLIER)
        .wrapping_add(HASH_INCREMENT)
}

#[inline]
fn scramble(word: u32) -> u32 {
    word.wrapping_mul(C1)
        .rotate_left(ROTATE_WORD)
        .wrapping_mul(C2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn murmur3_equals_reference_for_every_length() {
        let text: Vec<u8> = (0..=255).collect();
        for end in 0..text.len() {
            let (unit, _) = text.split_at(end);
            let want = murmur3::murmur3_32(&mut &*unit, 0).unwrap();
            for cut in 0..=end {
                let (a, b) = unit.split_at(cut);
                assert_eq!(hash([a, b]), want, "{end} cut at {cut}");
            }
        }
    }

    #[test]
    fn known_inputs_have_stable_hashes() {
        for (unit, want) in [
            ("emp-42", 170_476_636),
            ("user-1", 4_171_401_059),
            ("user-123", 2_674_956_871),
            ("alice", 1_280_413_405),
        ] {
            assert_eq!(hash([unit.as_bytes(), &[]]), want, "{unit}");
            for cut in 1..unit.len() {
                let (a, b) = unit.split_at(cut);
                let hash = hash([a.as_bytes(), b.as_bytes()]);
                assert_eq!(hash, want, "{unit} cut at {cut}");
            }
        }
    }
}
