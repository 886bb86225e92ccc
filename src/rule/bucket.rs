//! Where a unit falls: the only hash in the house, and those of other houses for flags that move in.

pub mod dialect;
pub mod inverse;

use std::io;
use std::io::Read;

/// The 32-bit `MurmurHash3` of a bucketing value, seed 0, as every flagd implementation computes it.
///
/// <https://flagd.dev/reference/specifications/custom-operations/fractional-operation-spec/>
pub fn hash([first, rest]: [&[u8]; 2]) -> u32 {
    let mut parts = Parts { first, rest };
    // Reading from memory does not fail; the crate speaks of files.
    murmur3::murmur3_32(&mut parts, 0).unwrap_or_default()
}

/// Two pieces, read one after the other. The crate asks for four bytes at a time: here that is a load, with std's readers
/// it would be a call and half of an evaluation.
struct Parts<'b> {
    first: &'b [u8],
    rest: &'b [u8],
}

impl Read for Parts<'_> {
    #[inline]
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if let (Some(to), Some((four, behind))) = (
            to.first_chunk_mut::<4>(),
            self.first.split_first_chunk::<4>(),
        ) {
            *to = *four;
            self.first = behind;
            return Ok(4);
        }
        if self.first.is_empty() {
            self.first = std::mem::take(&mut self.rest);
        }
        let count = to.len().min(self.first.len());
        for (to, byte) in to.iter_mut().zip(self.first) {
            *to = *byte;
        }
        self.first = self.first.get(count..).unwrap_or(&[]);
        Ok(count)
    }
}

/// The bucket of a hash when there are `total` of them: 0 to `total - 1`.
pub fn bucket(hash: u32, total: u32) -> u32 {
    let scaled = (u64::from(hash) * u64::from(total)) >> 32;
    u32::try_from(scaled).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_units_fall_where_they_always_fell() {
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
        assert_eq!(bucket(u32::MAX, 100), 99);
        assert_eq!(bucket(170_476_636, 100), 3);
    }
}
