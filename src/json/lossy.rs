//! U+FFFD in place of invalid UTF-8 and of unpaired surrogates, as Go's `encoding/json` reads them.

use std::borrow::Cow;

/// Decodes UTF-8, with one U+FFFD for each invalid byte. `String::from_utf8_lossy` has one for several bytes of an
/// incomplete character, which gives other strings than Go's.
pub fn decode_utf8_lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(replace_invalid_bytes(bytes)),
    }
}

#[cold]
fn replace_invalid_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        let invalid = chunk.invalid().iter();
        out.extend(invalid.map(|_| char::REPLACEMENT_CHARACTER));
    }
    out
}

/// The length of an escape `\uXXXX`.
const ESCAPE_LENGTH: usize = 6;

/// Returns the text with `\ufffd` in place of each escape of an unpaired surrogate. `on_replaced` is called with the
/// offsets of these escapes. The length does not change, so that offsets are valid in both texts.
#[cold]
pub fn replace_unpaired_surrogates(text: &str, mut on_replaced: impl FnMut(usize)) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(slash) = rest.find('\\') {
        let (plain, escape) = rest.split_at(slash);
        out.push_str(plain);
        let unit = |from: usize| escape.get(from..).and_then(unicode_escape);
        let length = match (unit(0), unit(ESCAPE_LENGTH)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 2 * ESCAPE_LENGTH,
            (Some(0xD800..=0xDFFF), _) => {
                on_replaced(out.len());
                out.push_str("\\ufffd");
                rest = escape.get(ESCAPE_LENGTH..).unwrap_or("");
                continue;
            }
            // The second character of any other escape may be a backslash.
            _ => escape.chars().take(2).map(char::len_utf8).sum(),
        };
        let (kept, behind) = escape.split_at_checked(length).unwrap_or((escape, ""));
        out.push_str(kept);
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// The UTF-16 unit of the escape `\uXXXX` at the start of `text`.
fn unicode_escape(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let digits = Some(digits).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_invalid_byte_is_one_replacement_character() {
        for (bytes, want) in [
            (&b"plain"[..], "plain"),
            (b"J\xe9r\xf4me", "J\u{fffd}r\u{fffd}me"),
            (b"\xe2\x82", "\u{fffd}\u{fffd}"),
            (b"\xe2\x82x\xff", "\u{fffd}\u{fffd}x\u{fffd}"),
            (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
            ("é".as_bytes(), "é"),
        ] {
            assert_eq!(decode_utf8_lossy(bytes), want, "{bytes:?}");
        }
    }

    #[test]
    fn escapes_of_unpaired_surrogates_are_replaced_in_place() {
        for (text, want) in [
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\uD83D""#, r#""\ufffd""#),
            (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83dude00""#, r#""\ufffdude00""#),
            (r#""\ud83d\n\ude00""#, r#""\ufffd\n\ufffd""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\\\ud83d""#, r#""\\\ufffd""#),
            (r#""\u00e9\ud83dé""#, r#""\u00e9\ufffdé""#),
            (r#""\ud83d\u12""#, r#""\ufffd\u12""#),
            (r#""\é\ud83d""#, r#""\é\ufffd""#),
            (r"\ud83", r"\ud83"),
            (r"\", r"\"),
        ] {
            let mut offsets = Vec::new();
            assert_eq!(
                replace_unpaired_surrogates(text, |at| offsets.push(at)),
                want
            );
            let replaced = want.match_indices(r"\ufffd").map(|(at, _)| at);
            assert_eq!(offsets, replaced.collect::<Vec<_>>(), "{text}");
        }
    }
}
