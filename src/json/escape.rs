//! Escaping and unescaping of JSON strings; `RawString`, a string token before unescaping.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::json::string_scan::unescaped_len;

/// A string token in the text, before unescaping.
#[derive(Debug, Clone, Copy)]
pub struct RawString<'t> {
    /// The offset of the opening quote.
    pub offset: usize,
    pub(super) raw: &'t str,
    pub(super) escaped: bool,
}

impl<'t> RawString<'t> {
    /// The string's characters; borrowed unless it has escapes.
    pub fn unescape(self) -> Cow<'t, str> {
        if self.escaped {
            Cow::Owned(unescape(self.raw))
        } else {
            Cow::Borrowed(self.raw)
        }
    }

    /// Returns true if the unescaped string is `other`.
    pub fn equals(self, other: &str) -> bool {
        if self.escaped {
            unescape(self.raw) == other
        } else {
            self.raw == other
        }
    }
}

/// The byte range of a string between its quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct StringSpan {
    pub start: usize,
    pub end: usize,
    pub escaped: bool,
}

impl StringSpan {
    /// The string in `text`, from which the span was taken.
    #[inline]
    pub fn to_raw_string(self, text: &str) -> RawString<'_> {
        RawString {
            offset: self.start - 1,
            raw: text.get(self.start..self.end).unwrap_or(""),
            escaped: self.escaped,
        }
    }
}

/// Unescapes a string whose escapes are valid.
fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    // The search costs more than an escape, so that it is skipped between adjacent escapes.
    let next = |rest: &str| match rest.as_bytes().first() {
        Some(b'\\') => Some(0),
        _ => rest.find('\\'),
    };
    while let Some(slash) = next(rest) {
        let (plain, escape) = rest.split_at(slash);
        out.push_str(plain);
        let (c, len) = decode_escape(escape);
        out.push(c);
        rest = escape.get(len..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

fn decode_escape(escape: &str) -> (char, usize) {
    let simple = match escape.as_bytes().get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return decode_unicode_escape(escape),
        Some(other) => char::from(*other),
        None => char::REPLACEMENT_CHARACTER,
    };
    (simple, 2)
}

fn decode_unicode_escape(escape: &str) -> (char, usize) {
    let unit = |from: usize| {
        let digits = escape.get(from..from + 4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let units = [unit(2).unwrap_or(0), unit(8).unwrap_or(0)];
    let mut decoded = char::decode_utf16(units);
    match decoded.next() {
        Some(Ok(c)) => (c, if c.len_utf16() == 2 { 12 } else { 6 }),
        _ => (char::REPLACEMENT_CHARACTER, 6),
    }
}

/// Appends `text` as a JSON string.
pub fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    loop {
        let (whole, special) = rest.split_at(unescaped_len(rest.as_bytes()));
        out.push_str(whole);
        let mut special = special.chars();
        let Some(c) = special.next() else {
            break;
        };
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            _ => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
        rest = special.as_str();
    }
    out.push('"');
}
