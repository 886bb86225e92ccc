//! String tokens: finds the closing quote and validates the escapes.

use crate::json::error::Error;
use crate::json::error::ErrorKind;
use crate::json::escape::RawString;
use crate::json::escape::StringSpan;
use crate::json::reader::Reader;
use crate::json::reader::Result;
use crate::json::string_scan::unescaped_len;

impl<'t> Reader<'t> {
    /// Reads a string.
    pub fn parse_string(&mut self) -> Result<RawString<'t>> {
        let span = self.string_span()?;
        Ok(span.to_raw_string(self.text))
    }

    /// Passes over a string and returns its span.
    #[inline]
    pub(super) fn string_span(&mut self) -> Result<StringSpan> {
        self.expect_byte(b'"', "a string")?;
        let start = self.offset;
        self.offset += unescaped_len(self.remaining_bytes());
        let escaped = self.peek_byte() != Some(b'"');
        if escaped {
            self.validate_escapes()?;
        }
        let end = self.offset;
        self.offset += 1;
        Ok(StringSpan {
            start,
            end,
            escaped,
        })
    }

    /// Validates escapes from the first one on, up to the closing quote.
    #[cold]
    #[inline(never)]
    pub(super) fn validate_escapes(&mut self) -> Result<()> {
        loop {
            match self.peek_byte() {
                Some(b'"') => return Ok(()),
                Some(b'\\') => self.validate_escape()?,
                Some(_) => return self.error_here(ErrorKind::ControlCharacter),
                None => return self.error_here(ErrorKind::UnexpectedEnd),
            }
            self.offset += unescaped_len(self.remaining_bytes());
        }
    }

    fn validate_escape(&mut self) -> Result<()> {
        match self.remaining_bytes() {
            [
                _,
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                ..,
            ] => self.offset += 2,
            [_, b'u', ..] => {
                let offset = self.offset;
                let kind = ErrorKind::UnpairedSurrogate;
                match self.parse_unicode_escape()? {
                    0xD800..=0xDBFF
                        if matches!(self.parse_unicode_escape(), Ok(0xDC00..=0xDFFF)) => {}
                    0xD800..=0xDFFF => return Err(Error { offset, kind }),
                    _ => {}
                }
            }
            _ => return self.error_here(ErrorKind::InvalidEscape),
        }
        Ok(())
    }

    /// Reads `\uXXXX`.
    fn parse_unicode_escape(&mut self) -> Result<u16> {
        let digits = self.text.get(self.offset + 2..self.offset + 6);
        let unit = digits
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|d| u16::from_str_radix(d, 16).ok());
        match unit {
            Some(unit) if self.remaining_bytes().starts_with(b"\\u") => {
                self.offset += 6;
                Ok(unit)
            }
            _ => self.error_here(ErrorKind::InvalidEscape),
        }
    }
}
