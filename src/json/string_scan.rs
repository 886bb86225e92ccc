//! SWAR search, eight bytes a step, for the first byte of a string that is a quote, a backslash or a control character.

const LOW_BITS: u64 = u64::from_le_bytes([1; 8]);

/// The number of bytes before the first quote, backslash or control character.
#[inline]
pub fn unescaped_len(bytes: &[u8]) -> usize {
    bytes.len() - skip_unescaped(bytes).len()
}

/// The bytes from the first quote, backslash or control character on.
#[inline]
pub fn skip_unescaped(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let Some((eight, behind)) = rest.split_first_chunk() {
        let special = special_byte_mask(u64::from_le_bytes(*eight));
        if special != 0 {
            let plain = (special.trailing_zeros() / 8) as usize;
            return rest.get(plain..).unwrap_or(&[]);
        }
        rest = behind;
    }
    rest.get(unescaped_len_bytewise(rest)..).unwrap_or(&[])
}

/// [`unescaped_len`] for fewer than eight bytes, at the end of a text.
#[inline(never)]
fn unescaped_len_bytewise(bytes: &[u8]) -> usize {
    let is_plain = |b: &&u8| !matches!(b, b'"' | b'\\' | ..0x20);
    bytes.iter().take_while(is_plain).count()
}

/// Sets the highest bit of each quote, backslash and control character. Correct up to the first one; higher bytes may
/// have false positives.
#[inline]
fn special_byte_mask(word: u64) -> u64 {
    // The XOR swaps quote and space: the quote is then next to the control characters, and one subtraction finds both.
    let low = (word ^ (LOW_BITS * 0x02)).wrapping_sub(LOW_BITS * 0x21);
    let slash = (word ^ (LOW_BITS * 0x5C)).wrapping_sub(LOW_BITS);
    (low | slash) & !word & (LOW_BITS << 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn string_end_is_found_at_every_alignment() {
        for special in ['"', '\\', '\n', '\0', '\u{1f}'] {
            for before in 0..20 {
                for behind in 0..20 {
                    let filler = ['a', ' ', '!', '#', '[', ']', '\u{7f}', 'é'].into_iter();
                    let text: String = filler.cycle().take(before).collect();
                    let all = format!("{text}{special}{}", "\"x\\\t".repeat(behind));
                    assert_eq!(unescaped_len(all.as_bytes()), text.len(), "{all:?}");
                    assert_eq!(unescaped_len(text.as_bytes()), text.len(), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn wordwise_scan_equals_bytewise_scan() {
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                let bytes = [b'a', first, second, b'b', b'c', b'd', b'e', b'f'];
                assert_eq!(
                    unescaped_len(&bytes),
                    unescaped_len_bytewise(&bytes),
                    "{bytes:?}"
                );
            }
        }
    }
}
