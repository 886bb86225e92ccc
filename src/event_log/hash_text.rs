//! The text of a content hash: `sha256:` and 64 hexadecimal digits.

use crate::wire::content_hash::ContentHash;

/// The hash that the first event of a log names as its predecessor.
pub const NO_PREDECESSOR: ContentHash = ContentHash([0; 32]);

/// The hash with this text, as `ContentHash` displays it. Digits are lower case.
pub fn parse_content_hash(text: &str) -> Option<ContentHash> {
    let digits = text.strip_prefix("sha256:")?.as_bytes();
    let (pairs, rest) = digits.as_chunks::<2>();
    let mut bytes = [0; 32];
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(ContentHash(bytes))
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_hash_reads_back() {
        let hash = ContentHash::of(b"flags");
        assert_eq!(parse_content_hash(&hash.to_string()), Some(hash));
    }

    #[test]
    fn other_texts_are_refused() {
        let text = ContentHash::of(b"flags").to_string();
        let upper = text.to_uppercase().replace("SHA256", "sha256");
        let digits = text.trim_start_matches("sha256:").to_owned();
        for other in [
            upper,
            digits,
            format!("{text}0"),
            text.replace("sha256", "sha512"),
        ] {
            assert_eq!(parse_content_hash(&other), None, "{other}");
        }
        assert_eq!(
            parse_content_hash(text.trim_end_matches(char::is_alphanumeric)),
            None
        );
        assert_eq!(parse_content_hash(""), None);
    }
}
