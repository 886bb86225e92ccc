//! Where a unit falls: the only hash in the house, and those of other houses for flags that move in.

pub mod dialect;
pub mod inverse;

/// The 32-bit `MurmurHash3` of a bucketing value, seed 0, as every flagd implementation computes it.
///
/// <https://flagd.dev/reference/specifications/custom-operations/fractional-operation-spec/>
pub fn hash(parts: [&[u8]; 2]) -> u32 {
    use std::io::Read as _;
    let [first, second] = parts;
    let mut bytes = first.chain(second);
    // Reading from memory does not fail; the crate speaks of files.
    murmur3::murmur3_32(&mut bytes, 0).unwrap_or_default()
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
