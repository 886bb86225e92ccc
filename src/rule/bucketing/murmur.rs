//! Where a unit falls: the only hash in the house, and those of other houses for flags that move in.

/// The 32-bit `MurmurHash3` of a bucketing value that comes in two pieces, seed 0, as every flagd implementation computes
/// it.
///
/// <https://flagd.dev/reference/specifications/custom-operations/fractional-operation-spec/>
pub fn hash([first, rest]: [&[u8]; 2]) -> u32 {
    let mut state = HashState::default();
    state.update(first);
    state.update(rest);
    let length = u32::try_from(first.len() + rest.len()).unwrap_or(u32::MAX);
    state.finish(length)
}

/// The hash of what was taken so far, and up to three bytes that make no word yet.
#[derive(Default)]
struct HashState {
    hash: u32,
    /// The bytes, the first one lowest.
    pending_word: u64,
    /// How many bits they have.
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

    /// Takes the lower half of what is pending.
    #[inline]
    fn mix_word(&mut self) {
        self.hash = (self.hash ^ scramble(self.pending_word))
            .rotate_left(13)
            .wrapping_mul(5)
            .wrapping_add(0xE654_6B64);
        self.pending_word >>= 32;
    }

    fn finish(self, length: u32) -> u32 {
        let mut hash = self.hash ^ scramble(self.pending_word) ^ length;
        hash = (hash ^ hash >> 16).wrapping_mul(0x85EB_CA6B);
        hash = (hash ^ hash >> 13).wrapping_mul(0xC2B2_AE35);
        hash ^ hash >> 16
    }
}

/// The lower half of `pending`, stirred.
#[inline]
fn scramble(pending: u64) -> u32 {
    let word = u32::try_from(pending & u64::from(u32::MAX)).unwrap_or_default();
    word.wrapping_mul(0xCC9E_2D51)
        .rotate_left(15)
        .wrapping_mul(0x1B87_3593)
}

/// The bucket of a hash when there are `total` of them: 0 to `total - 1`.
pub fn scale_to_bucket(hash: u32, total: u32) -> u32 {
    let scaled = (u64::from(hash) * u64::from(total)) >> 32;
    u32::try_from(scaled).unwrap_or(u32::MAX)
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
    fn known_inputs_have_stable_buckets() {
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
        assert_eq!(scale_to_bucket(u32::MAX, 100), 99);
        assert_eq!(scale_to_bucket(170_476_636, 100), 3);
    }
}
