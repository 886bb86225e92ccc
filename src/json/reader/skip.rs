//! Validating skip of one value, without recursion or allocation.

use crate::json::error::ErrorKind;
use crate::json::reader::Reader;
use crate::json::reader::Result;
use crate::json::reader::token_scan::skip_whitespace;
use crate::json::reader::token_scan::skip_whitespace_unless;
use crate::json::string_scan::skip_unescaped;
use crate::limits;

// One bit for each object and array that is open.
const _: () = assert!(limits::NESTING_DEPTH <= u128::BITS as usize);

/// The position of a key, counted from the end of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeySpan {
    /// The length of the text after its opening quote.
    pub left_after_open_quote: usize,
    /// The length of the text after its closing quote.
    pub left_after_close_quote: usize,
    pub escaped: bool,
}

impl<'t> Reader<'t> {
    /// Passes over one value of any kind.
    pub fn skip_value(&mut self) -> Result<()> {
        self.skip_value_noting_keys(|_| {})
    }

    /// Passes over one value. If it is an object, its own keys are passed to `note`, not those of nested objects.
    ///
    /// Every byte is validated. The cursor is the rest of the text: little else is alive between two values, so all of it
    /// stays in registers.
    #[inline]
    pub(super) fn skip_value_noting_keys(&mut self, mut note: impl FnMut(KeySpan)) -> Result<()> {
        let mut rest = self.remaining_bytes();
        let mut depth = self.depth;
        // A bit for each open value, 1 for objects; the lowest bit is the innermost.
        let mut maps = 0_u128;
        loop {
            rest = skip_whitespace(rest);
            // True if an item or a member comes next.
            let mut more = false;
            match rest {
                [b'"', inside @ ..] => rest = self.skip_string(inside)?.0,
                [open @ (b'{' | b'['), inside @ ..] => {
                    if depth >= limits::NESTING_DEPTH {
                        return self.error_at(rest, ErrorKind::TooDeep);
                    }
                    match skip_whitespace(inside) {
                        [close, behind @ ..] if *close == open + 2 => rest = behind,
                        inside => {
                            depth += 1;
                            maps = maps << 1 | u128::from(*open == b'{');
                            rest = inside;
                            more = true;
                        }
                    }
                }
                _ => rest = self.skip_scalar(rest)?,
            }
            // Each iteration but the last closes an object or an array.
            loop {
                let map = maps & 1 == 1;
                if !more {
                    if depth == self.depth {
                        self.offset = self.text.len() - rest.len();
                        return Ok(());
                    }
                    (rest, more) = self.skip_separator(rest, map)?;
                }
                if more && map {
                    (rest, more) = if depth == self.depth + 1 {
                        self.skip_scalar_members(rest, &mut note)?
                    } else {
                        self.skip_scalar_members(rest, &mut |_| {})?
                    };
                }
                if more {
                    break;
                }
                depth -= 1;
                maps >>= 1;
            }
        }
    }

    /// Passes over the comma before another item or member and returns true, or over the closing bracket and returns false.
    #[inline]
    fn skip_separator(&self, rest: &'t [u8], map: bool) -> Result<(&'t [u8], bool)> {
        match skip_whitespace(rest) {
            [b',', behind @ ..] => Ok((behind, true)),
            [b'}', behind @ ..] if map => Ok((behind, false)),
            [b']', behind @ ..] if !map => Ok((behind, false)),
            rest if map => self.error_expected(rest, "`,` or `}`"),
            rest => self.error_expected(rest, "`,` or `]`"),
        }
    }

    /// Passes over members up to a value that is an object or an array and returns true, or over the closing brace and
    /// returns false.
    #[inline(never)]
    fn skip_scalar_members(
        &self,
        mut rest: &'t [u8],
        note: &mut impl FnMut(KeySpan),
    ) -> Result<(&'t [u8], bool)> {
        loop {
            let inside = self.skip_byte(rest, b'"', "a string")?;
            let (behind, escaped) = self.skip_string(inside)?;
            note(KeySpan {
                left_after_open_quote: inside.len(),
                left_after_close_quote: behind.len(),
                escaped,
            });
            let value = self.skip_byte(behind, b':', "`:`")?;
            rest = match skip_whitespace_unless(value, b'"') {
                [b'"', inside @ ..] => self.skip_string(inside)?.0,
                rest @ [b'{' | b'[', ..] => return Ok((rest, true)),
                rest => self.skip_scalar(rest)?,
            };
            rest = match skip_whitespace_unless(rest, b',') {
                [b',', behind @ ..] => behind,
                [b'}', behind @ ..] => return Ok((behind, false)),
                rest => return self.error_expected(rest, "`,` or `}`"),
            };
        }
    }

    /// Passes over a string and returns the rest, and true if the string has escapes.
    #[inline]
    fn skip_string(&self, inside: &'t [u8]) -> Result<(&'t [u8], bool)> {
        match skip_unescaped(inside) {
            [b'"', behind @ ..] => Ok((behind, false)),
            special => Ok((self.skip_escaped_string(special)?, true)),
        }
    }

    /// Passes over the part of a string that begins with its first escape, and returns the rest.
    #[cold]
    #[inline(never)]
    fn skip_escaped_string(&self, rest: &[u8]) -> Result<&'t [u8]> {
        let mut reader = Reader::new_at(self.text, self.text.len() - rest.len(), 0);
        reader.validate_escapes()?;
        reader.offset += 1;
        Ok(reader.remaining_bytes())
    }

    /// Passes over a number, a boolean or null, and returns the rest.
    #[inline(never)]
    fn skip_scalar(&self, rest: &[u8]) -> Result<&'t [u8]> {
        let mut reader = Reader::new_at(self.text, self.text.len() - rest.len(), 0);
        match rest {
            [b'-' | b'0'..=b'9', ..] => reader.skip_number()?,
            [b't', ..] => reader.expect_keyword("true")?,
            [b'f', ..] => reader.expect_keyword("false")?,
            [b'n', ..] => reader.expect_keyword("null")?,
            [_, ..] => reader.error_here(ErrorKind::Expected("a value"))?,
            [] => reader.error_here(ErrorKind::UnexpectedEnd)?,
        }
        Ok(reader.remaining_bytes())
    }
}
