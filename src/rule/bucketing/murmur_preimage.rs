//! Inverts MurmurHash3-32: finds a bucketing value whose hash lies in an interval, to name an affected user.

use crate::rule::bucketing::murmur;

/// Returns a unit for which the hash of `prefix` and the unit is from `low` to `high`, both included.
///
/// Readable units are tried first. For an interval that contains none of them the last four bytes are computed from the
/// hash; about one in three hundred results consists of letters and digits.
pub fn find_unit(prefix: &str, low: u32, high: u32) -> Option<String> {
    let within =
        |unit: &String| (low..=high).contains(&murmur::hash([prefix.as_bytes(), unit.as_bytes()]));
    let readable = (0..2000).map(|i| format!("user-{i}"));
    if let Some(found) = readable.into_iter().find(|unit| within(unit)) {
        return Some(found);
    }
    let targets = (low..=high).take(64);
    targets.into_iter().find_map(|target| {
        let stems = (0..2000).map(|i| block_aligned_stem(prefix, i));
        stems
            .into_iter()
            .find_map(|stem| append_preimage_block(prefix, &stem, target))
    })
}

/// `user-17-`, padded so that its length and that of the prefix add up to a multiple of four.
fn block_aligned_stem(prefix: &str, number: u32) -> String {
    let mut stem = format!("user-{number}-");
    while !(prefix.len() + stem.len()).is_multiple_of(4) {
        stem.push('x');
    }
    stem
}

/// The stem with the four letters that make its hash `target`, if they are letters and digits.
fn append_preimage_block(prefix: &str, stem: &str, target: u32) -> Option<String> {
    let blocks = prefix.as_bytes().iter().chain(stem.as_bytes());
    let bytes: Vec<u8> = blocks.copied().collect();
    let (words, _) = bytes.as_chunks::<4>();
    let state = words
        .iter()
        .fold(0, |hash, word| murmur::mix(hash, u32::from_le_bytes(*word)));
    let length = u32::try_from(bytes.len() + 4).ok()?;
    let wanted = invert_finalizer(target) ^ length;
    let wanted = wanted
        .wrapping_sub(murmur::HASH_INCREMENT)
        .wrapping_mul(modular_inverse(murmur::HASH_MULTIPLIER));
    let block = (wanted.rotate_right(murmur::ROTATE_HASH) ^ state)
        .wrapping_mul(modular_inverse(murmur::C2));
    let block = block
        .rotate_right(murmur::ROTATE_WORD)
        .wrapping_mul(modular_inverse(murmur::C1));
    let letters = block.to_le_bytes();
    let readable = letters.iter().all(u8::is_ascii_alphanumeric);
    readable.then(|| format!("{stem}{}", String::from_utf8_lossy(&letters)))
}

/// The state before the finalizer.
fn invert_finalizer(hash: u32) -> u32 {
    let hash = invert_xorshift(hash, 16).wrapping_mul(modular_inverse(murmur::FINAL_2));
    let hash = invert_xorshift(hash, 13).wrapping_mul(modular_inverse(murmur::FINAL_1));
    invert_xorshift(hash, 16)
}

/// The number `y` for which `y ^ (y >> bits)` is `x`.
fn invert_xorshift(x: u32, bits: u32) -> u32 {
    (0..32 / bits).fold(x, |y, _| x ^ (y >> bits))
}

/// The inverse of an odd number modulo 2³², by Newton's iteration.
fn modular_inverse(odd: u32) -> u32 {
    (0..5).fold(odd, |x, _| {
        x.wrapping_mul(2_u32.wrapping_sub(odd.wrapping_mul(x)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preimage_exists_for_every_hash() {
        let mut target = 12345_u32;
        for prefix in ["", "f", "checkout.payments.express-pay", "ünïcødé"] {
            for _ in 0..20 {
                target = target.wrapping_mul(2_654_435_761).wrapping_add(7);
                let found = find_unit(prefix, target, target.saturating_add(1)).expect("a unit");
                let hash = murmur::hash([prefix.as_bytes(), found.as_bytes()]);
                assert!(
                    (target..=target.saturating_add(1)).contains(&hash),
                    "{found}"
                );
            }
        }
        assert_eq!(find_unit("f", 0, u32::MAX).as_deref(), Some("user-0"));
    }
}
