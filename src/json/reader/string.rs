//! Strings: where they end, and whether their escapes are sound.

use crate::json::Fault;
use crate::json::Text;
use crate::json::plain::plain;
use crate::json::reader::Reader;
use crate::json::reader::Result;

/// Where a string stands, without its quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    pub escaped: bool,
}

impl Span {
    /// The string, in the text in which it stands.
    #[inline]
    pub fn of(self, text: &str) -> Text<'_> {
        Text {
            at: self.start - 1,
            raw: text.get(self.start..self.end).unwrap_or(""),
            escaped: self.escaped,
        }
    }
}

impl<'t> Reader<'t> {
    /// Reads a string.
    pub fn text(&mut self) -> Result<Text<'t>> {
        let span = self.span()?;
        Ok(span.of(self.text))
    }

    /// Passes over a string and answers where it stands.
    #[inline]
    pub(super) fn span(&mut self) -> Result<Span> {
        self.token(b'"', "a string")?;
        let start = self.at;
        self.at += plain(self.rest());
        let escaped = self.byte() != Some(b'"');
        if escaped {
            self.escapes()?;
        }
        let end = self.at;
        self.at += 1;
        Ok(Span {
            start,
            end,
            escaped,
        })
    }

    /// Passes over what does not stand for itself, and goes on to the closing quote.
    #[cold]
    #[inline(never)]
    pub(super) fn escapes(&mut self) -> Result<()> {
        loop {
            match self.byte() {
                Some(b'"') => return Ok(()),
                Some(b'\\') => self.escape()?,
                Some(_) => return self.fail(Fault::Control),
                None => return self.fail(Fault::End),
            }
            self.at += plain(self.rest());
        }
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
}
