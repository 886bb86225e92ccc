//! The cursor.

use crate::json::Error;
use crate::json::Fault;
use crate::json::Kind;
use crate::json::Text;
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

    /// Everything from `start` to here.
    pub fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or("")
    }

    /// The kind of the next value.
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
    pub fn null(&mut self) -> Result<()> {
        self.word("null")
    }

    /// Reads `true` or `false`.
    pub fn bool(&mut self) -> Result<bool> {
        let value = self.byte() == Some(b't');
        self.word(if value { "true" } else { "false" })?;
        Ok(value)
    }

    /// Reads a number.
    pub fn number(&mut self) -> Result<f64> {
        let start = self.at;
        let text = self.number_text()?;
        // The grammar of JSON numbers is a subset of what Rust reads, so only the range can fail.
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            Ok(_) | Err(_) => Err(Error {
                at: start,
                fault: Fault::Range,
            }),
        }
    }

    fn number_text(&mut self) -> Result<&'t str> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        match self.byte() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        if self
            .byte()
            .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'.')
        {
            return self.fail(Fault::Expected("the end of a number"));
        }
        Ok(self.since(start))
    }

    fn digits(&mut self) -> Result<()> {
        let rest = self.rest();
        let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        self.at += count;
        match (count, self.byte()) {
            (0, None) => self.fail(Fault::End),
            (0, Some(_)) => self.fail(Fault::Expected("a digit")),
            _ => Ok(()),
        }
    }

    /// Reads a string.
    pub fn text(&mut self) -> Result<Text<'t>> {
        let at = self.at;
        self.token(b'"', "a string")?;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += plain(self.rest());
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return self.fail(Fault::Control),
                None => return self.fail(Fault::End),
            }
        }
        let raw = self.since(start);
        self.at += 1;
        Ok(Text { at, raw, escaped })
    }

    fn escape(&mut self) -> Result<()> {
        match self.rest() {
            [
                _,
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                ..,
            ] => self.at += 2,
            [_, b'u', ..] => {
                let high = self.unit()?;
                match high {
                    0xD800..=0xDBFF if matches!(self.unit(), Ok(0xDC00..=0xDFFF)) => {}
                    0xD800..=0xDFFF => return self.fail(Fault::Escape),
                    _ => {}
                }
            }
            _ => return self.fail(Fault::Escape),
        }
        Ok(())
    }

    /// Reads `\uXXXX`.
    fn unit(&mut self) -> Result<u16> {
        let digits = self.text.get(self.at + 2..self.at + 6);
        let unit = digits
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|d| u16::from_str_radix(d, 16).ok());
        match unit {
            Some(unit) if self.rest().starts_with(b"\\u") => {
                self.at += 6;
                Ok(unit)
            }
            _ => self.fail(Fault::Escape),
        }
    }

    /// Steps into an array or object; `open` is its bracket.
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
    pub fn open_map(&mut self) -> Result<()> {
        self.open(b'{', "an object")
    }

    /// Steps into an array.
    pub fn open_list(&mut self) -> Result<()> {
        self.open(b'[', "an array")
    }

    /// The next key of an object, with the cursor behind its colon; `None` steps out of the object.
    pub fn key(&mut self, first: bool) -> Result<Option<Text<'t>>> {
        if !self.more(first, b'}', "`,` or `}`")? {
            return Ok(None);
        }
        self.skip_space();
        let key = self.text()?;
        self.skip_space();
        self.token(b':', "`:`")?;
        Ok(Some(key))
    }

    /// Whether an array has another item; `false` steps out of the array.
    pub fn item(&mut self, first: bool) -> Result<bool> {
        self.more(first, b']', "`,` or `]`")
    }

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

    /// Passes over one value of any kind.
    pub fn skip(&mut self) -> Result<()> {
        match self.peek()? {
            Kind::Null => self.null(),
            Kind::Bool => self.bool().map(drop),
            Kind::Number => self.number().map(drop),
            Kind::Text => self.text().map(drop),
            Kind::List => {
                self.open_list()?;
                let mut first = true;
                while self.item(first)? {
                    self.skip()?;
                    first = false;
                }
                Ok(())
            }
            Kind::Map => {
                self.open_map()?;
                let mut first = true;
                while self.key(first)?.is_some() {
                    self.skip()?;
                    first = false;
                }
                Ok(())
            }
        }
    }

    /// Passes over one value by its brackets and quotes alone: to its end if it is sound, which is for whoever reads it to
    /// see.
    pub fn leap(&mut self) -> Result<()> {
        self.skip_space();
        if !matches!(self.byte(), Some(b'{' | b'[')) {
            return self.skip();
        }
        let mut depth = 0_usize;
        loop {
            match self.byte() {
                Some(b'"') => {
                    self.text()?;
                }
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b'}' | b']') => {
                    depth -= 1;
                    self.at += 1;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                Some(_) => self.at += 1,
                None => return self.fail(Fault::End),
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

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or(&[])
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

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

    fn fail<T>(&self, fault: Fault) -> Result<T> {
        Err(Error { at: self.at, fault })
    }
}

/// How many bytes at the front stand for themselves in a string: those before a quote, a backslash, or a control
/// character. Eight are looked at in one step.
pub(super) fn plain(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((eight, behind)) = rest.split_first_chunk() {
        let special = special(u64::from_le_bytes(*eight));
        if special != 0 {
            return bytes.len() - rest.len() + (special.trailing_zeros() / 8) as usize;
        }
        rest = behind;
    }
    let is_plain = |b: &&u8| !matches!(b, b'"' | b'\\' | ..0x20);
    bytes.len() - rest.len() + rest.iter().take_while(is_plain).count()
}

/// The highest bit of each byte that does not stand for itself. Right up to the first; behind it there may be more.
fn special(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word;
    let quote = below(word ^ (ONES * 0x22), 1);
    let slash = below(word ^ (ONES * 0x5C), 1);
    (quote | slash | below(word, 0x20)) & (ONES << 7)
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
    fn strings_end_where_they_end_wherever_they_begin() {
        for special in ['"', '\\', '\n', '\0', '\u{1f}'] {
            for before in 0..20 {
                for behind in 0..20 {
                    let filler = ['a', ' ', '!', '#', '[', ']', '\u{7f}', 'é'].into_iter();
                    let text: String = filler.cycle().take(before).collect();
                    let all = format!("{text}{special}{}", "\"x\\\t".repeat(behind));
                    assert_eq!(plain(all.as_bytes()), text.len(), "{all:?}");
                    assert_eq!(plain(text.as_bytes()), text.len(), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn depth_is_bounded() {
        let text = "[".repeat(100_000);
        assert_eq!(whole(&text).map_err(|e| e.fault), Err(Fault::Depth));
    }
}
