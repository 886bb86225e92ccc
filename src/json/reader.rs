//! The cursor.

mod leap;
mod number;
mod outline;
mod rest;
mod skip;
mod string;

use crate::json::Error;
use crate::json::Fault;
use crate::json::Kind;
use crate::json::Text;
pub use crate::json::reader::outline::Outline;
use crate::json::reader::string::Span;
use crate::limits;

/// A position in a JSON text.
#[derive(Debug, Clone)]
pub struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

type Result<T> = std::result::Result<T, Error>;

impl<'t> Reader<'t> {
    /// The start of `text`.
    pub fn new(text: &'t str) -> Reader<'t> {
        Reader {
            text,
            at: 0,
            depth: 0,
        }
    }

    /// The middle of `text`, inside `depth` objects and arrays.
    pub fn within(text: &'t str, at: usize, depth: usize) -> Reader<'t> {
        Reader { text, at, depth }
    }

    /// The offset of the next byte, once white space is passed over.
    pub fn offset(&mut self) -> usize {
        self.skip_space();
        self.at
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.rest().len()
    }

    /// Everything from `start` to here.
    pub fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or("")
    }

    /// The kind of the next value.
    #[inline]
    pub fn peek(&mut self) -> Result<Kind> {
        self.skip_space();
        match self.byte() {
            Some(b'{') => Ok(Kind::Map),
            Some(b'[') => Ok(Kind::List),
            Some(b'"') => Ok(Kind::Text),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(_) => self.fail(Fault::Expected("a value")),
            None => self.fail(Fault::End),
        }
    }

    /// Reads `null`.
    #[inline]
    pub fn null(&mut self) -> Result<()> {
        self.word("null")
    }

    /// Reads `true` or `false`.
    #[inline]
    pub fn bool(&mut self) -> Result<bool> {
        let value = self.byte() == Some(b't');
        self.word(if value { "true" } else { "false" })?;
        Ok(value)
    }

    /// Steps into an array or object; `open` is its bracket.
    #[inline]
    fn open(&mut self, open: u8, what: &'static str) -> Result<()> {
        self.skip_space();
        if self.depth >= limits::DEPTH {
            return self.fail(Fault::Depth);
        }
        self.token(open, what)?;
        self.depth += 1;
        Ok(())
    }

    /// Steps into an object.
    #[inline]
    pub fn open_map(&mut self) -> Result<()> {
        self.open(b'{', "an object")
    }

    /// Steps into an array.
    #[inline]
    pub fn open_list(&mut self) -> Result<()> {
        self.open(b'[', "an array")
    }

    /// The next key of an object, with the cursor behind its colon; `None` steps out of the object.
    pub fn key(&mut self, first: bool) -> Result<Option<Text<'t>>> {
        let key = self.key_span(first)?;
        Ok(key.map(|span| span.of(self.text)))
    }

    /// Where the next key of an object stands.
    #[inline]
    fn key_span(&mut self, first: bool) -> Result<Option<Span>> {
        if !self.more(first, b'}', "`,` or `}`")? {
            return Ok(None);
        }
        self.skip_space();
        let key = self.span()?;
        self.skip_space();
        self.token(b':', "`:`")?;
        Ok(Some(key))
    }

    /// Whether an array has another item; `false` steps out of the array.
    #[inline]
    pub fn item(&mut self, first: bool) -> Result<bool> {
        self.more(first, b']', "`,` or `]`")
    }

    #[inline]
    fn more(&mut self, first: bool, close: u8, what: &'static str) -> Result<bool> {
        self.skip_space();
        match self.byte() {
            Some(b) if b == close => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            Some(_) if first => Ok(true),
            _ => {
                self.token(b',', what)?;
                Ok(true)
            }
        }
    }

    /// Checks that nothing but white space is left.
    pub fn end(&mut self) -> Result<()> {
        self.skip_space();
        match self.byte() {
            None => Ok(()),
            Some(_) => self.fail(Fault::Expected("the end of the text")),
        }
    }

    #[inline]
    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or(&[])
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn skip_space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    #[inline]
    fn token(&mut self, token: u8, what: &'static str) -> Result<()> {
        match self.byte() {
            Some(b) if b == token => {
                self.at += 1;
                Ok(())
            }
            Some(_) => self.fail(Fault::Expected(what)),
            None => self.fail(Fault::End),
        }
    }

    #[inline]
    fn word(&mut self, word: &'static str) -> Result<()> {
        let follows = self.rest().get(word.len());
        if self.rest().starts_with(word.as_bytes())
            && !follows.is_some_and(u8::is_ascii_alphanumeric)
        {
            self.at += word.len();
            return Ok(());
        }
        self.fail(Fault::Expected("a value"))
    }

    #[inline]
    fn fail<T>(&self, fault: Fault) -> Result<T> {
        Err(Error { at: self.at, fault })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::write_text;

    fn whole(text: &str) -> Result<()> {
        let mut reader = Reader::new(text);
        reader.skip()?;
        reader.end()
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
            write_text(&mut written, text);
            let read = Reader::new(&written).text().map(Text::unescape);
            assert_eq!(read.as_deref(), Ok(text));
        }
        let mut reader = Reader::new(r#""\u00e9\ud83d\ude00\/""#);
        assert_eq!(reader.text().map(Text::unescape).as_deref(), Ok("é😀/"));
    }

    #[test]
    fn depth_is_bounded() {
        let text = "[".repeat(100_000);
        assert_eq!(whole(&text).map_err(|e| e.fault), Err(Fault::Depth));
    }
}
