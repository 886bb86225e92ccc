//! `Reader`: pull parser over a borrowed text. The submodules add token scanners as methods.

mod skip_unchecked;
mod number;
pub(super) mod object_index;
mod token_scan;
mod skip;
mod string;

use crate::json::error::Error;
use crate::json::error::ErrorKind;
use crate::json::escape::RawString;
use crate::json::escape::StringSpan;
use crate::json::value_kind::ValueKind;
use crate::limits;

/// A position in a JSON text.
#[derive(Debug, Clone)]
pub struct Reader<'t> {
    text: &'t str,
    offset: usize,
    depth: usize,
}

type Result<T> = std::result::Result<T, Error>;

impl<'t> Reader<'t> {
    /// A reader at the start of `text`.
    pub fn new(text: &'t str) -> Reader<'t> {
        Reader {
            text,
            offset: 0,
            depth: 0,
        }
    }

    /// A reader at the byte offset `at`, inside `depth` objects and arrays.
    pub fn new_at(text: &'t str, at: usize, depth: usize) -> Reader<'t> {
        Reader {
            text,
            offset: at,
            depth,
        }
    }

    /// Passes over white space and returns the offset of the next byte.
    pub fn next_offset(&mut self) -> usize {
        self.skip_whitespace();
        self.offset
    }

    /// The number of bytes left.
    pub fn remaining(&self) -> usize {
        self.remaining_bytes().len()
    }

    /// The text from `start` to here.
    pub fn text_since(&self, start: usize) -> &'t str {
        self.text.get(start..self.offset).unwrap_or("")
    }

    /// The kind of the next value.
    #[inline]
    pub fn peek_kind(&mut self) -> Result<ValueKind> {
        self.skip_whitespace();
        match self.peek_byte() {
            Some(b'{') => Ok(ValueKind::Map),
            Some(b'[') => Ok(ValueKind::List),
            Some(b'"') => Ok(ValueKind::Text),
            Some(b't' | b'f') => Ok(ValueKind::Bool),
            Some(b'n') => Ok(ValueKind::Null),
            Some(b'-' | b'0'..=b'9') => Ok(ValueKind::Number),
            Some(_) => self.error_here(ErrorKind::Expected("a value")),
            None => self.error_here(ErrorKind::UnexpectedEnd),
        }
    }

    /// Parses `null`.
    #[inline]
    pub fn parse_null(&mut self) -> Result<()> {
        self.expect_keyword("null")
    }

    /// Parses `true` or `false`.
    #[inline]
    pub fn parse_bool(&mut self) -> Result<bool> {
        let value = self.peek_byte() == Some(b't');
        self.expect_keyword(if value { "true" } else { "false" })?;
        Ok(value)
    }

    /// Steps into an array or object; `open` is its bracket.
    #[inline]
    fn begin(&mut self, open: u8, what: &'static str) -> Result<()> {
        self.skip_whitespace();
        if self.depth >= limits::NESTING_DEPTH {
            return self.error_here(ErrorKind::TooDeep);
        }
        self.expect_byte(open, what)?;
        self.depth += 1;
        Ok(())
    }

    /// Steps into an object.
    #[inline]
    pub fn begin_object(&mut self) -> Result<()> {
        self.begin(b'{', "an object")
    }

    /// Steps into an array.
    #[inline]
    pub fn begin_array(&mut self) -> Result<()> {
        self.begin(b'[', "an array")
    }

    /// Parses the next key of an object and its colon; returns `None` at the end, outside of the object.
    pub fn next_key(&mut self, first: bool) -> Result<Option<RawString<'t>>> {
        let key = self.next_key_span(first)?;
        Ok(key.map(|span| span.to_raw_string(self.text)))
    }

    /// [`Reader::next_key`] as a span.
    #[inline]
    fn next_key_span(&mut self, first: bool) -> Result<Option<StringSpan>> {
        if !self.has_next(first, b'}', "`,` or `}`")? {
            return Ok(None);
        }
        self.skip_whitespace();
        let key = self.string_span()?;
        self.skip_whitespace();
        self.expect_byte(b':', "`:`")?;
        Ok(Some(key))
    }

    /// Returns true if the array has another item; at the end it steps out of the array.
    #[inline]
    pub fn has_next_item(&mut self, first: bool) -> Result<bool> {
        self.has_next(first, b']', "`,` or `]`")
    }

    #[inline]
    fn has_next(&mut self, first: bool, close: u8, what: &'static str) -> Result<bool> {
        self.skip_whitespace();
        match self.peek_byte() {
            Some(b) if b == close => {
                self.offset += 1;
                self.depth -= 1;
                Ok(false)
            }
            Some(_) if first => Ok(true),
            _ => {
                self.expect_byte(b',', what)?;
                Ok(true)
            }
        }
    }

    /// Returns an error unless only white space is left.
    pub fn expect_end(&mut self) -> Result<()> {
        self.skip_whitespace();
        match self.peek_byte() {
            None => Ok(()),
            Some(_) => self.error_here(ErrorKind::Expected("the end of the text")),
        }
    }

    #[inline]
    fn remaining_bytes(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.offset..).unwrap_or(&[])
    }

    #[inline]
    fn peek_byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.offset).copied()
    }

    #[inline]
    fn skip_whitespace(&mut self) {
        while matches!(self.peek_byte(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.offset += 1;
        }
    }

    #[inline]
    fn expect_byte(&mut self, token: u8, what: &'static str) -> Result<()> {
        match self.peek_byte() {
            Some(b) if b == token => {
                self.offset += 1;
                Ok(())
            }
            Some(_) => self.error_here(ErrorKind::Expected(what)),
            None => self.error_here(ErrorKind::UnexpectedEnd),
        }
    }

    #[inline]
    fn expect_keyword(&mut self, word: &'static str) -> Result<()> {
        let follows = self.remaining_bytes().get(word.len());
        if self.remaining_bytes().starts_with(word.as_bytes())
            && !follows.is_some_and(u8::is_ascii_alphanumeric)
        {
            self.offset += word.len();
            return Ok(());
        }
        self.error_here(ErrorKind::Expected("a value"))
    }

    #[inline]
    fn error_here<T>(&self, fault: ErrorKind) -> Result<T> {
        Err(Error {
            offset: self.offset,
            kind: fault,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::escape::write_string;

    fn whole(text: &str) -> Result<()> {
        let mut reader = Reader::new(text);
        reader.skip_value()?;
        reader.expect_end()
    }

    #[test]
    fn agrees_with_serde_json_on_what_is_json() {
        let texts = [
            "{}",
            "[]",
            "[1,]",
            "{\"a\":}",
            "{\"a\" 1}",
            "01",
            "-",
            "-0.5e+3",
            "1.",
            ".5",
            "1e",
            "\"\\u12\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"a\nb\"",
            "tru",
            "nullx",
            "[1 2]",
            " [ 1 , { \"x\" : null } ] ",
            "{}{}",
            "",
            "\"abc",
            "1e400",
            "[\"\\x\"]",
            "{\"a\":1,}",
        ];
        for text in texts {
            let theirs = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(whole(text).is_ok(), theirs, "{text}");
        }
    }

    #[test]
    fn unescapes_what_it_escaped() {
        for text in ["", "plain", "a\"b\\c\n\u{1}", "é😀\u{2028}"] {
            let mut written = String::new();
            write_string(&mut written, text);
            let read = Reader::new(&written)
                .parse_string()
                .map(RawString::unescape);
            assert_eq!(read.as_deref(), Ok(text));
        }
        let mut reader = Reader::new(r#""\u00e9\ud83d\ude00\/""#);
        assert_eq!(
            reader.parse_string().map(RawString::unescape).as_deref(),
            Ok("é😀/")
        );
    }

    #[test]
    fn depth_is_bounded() {
        let text = "[".repeat(100_000);
        assert_eq!(whole(&text).map_err(|e| e.kind), Err(ErrorKind::TooDeep));
    }
}
