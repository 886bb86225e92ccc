//! Passing over values that nobody reads.

use crate::json::ErrorKind;
use crate::json::reader::Reader;
use crate::json::reader::Result;
use crate::json::reader::token_scan::skip_whitespace;
use crate::json::reader::token_scan::skip_whitespace_unless;
use crate::json::string_scan::skip_unescaped;
use crate::limits;

// One bit for each object and array that is open.
const _: () = assert!(limits::NESTING_DEPTH <= u128::BITS as usize);

/// Where a key stands, counted from the end of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeySpan {
    /// How many bytes are left behind its opening quote.
    pub left_after_open_quote: usize,
    /// How many bytes are left behind its closing quote.
    pub left_after_close_quote: usize,
    pub escaped: bool,
}

impl<'t> Reader<'t> {
    /// Passes over one value of any kind.
    pub fn skip_value(&mut self) -> Result<()> {
        self.skip_value_noting_keys(|_| {})
    }

    /// Passes over one value. If it is an object, its keys go to `note`, those further inside do not.
    ///
    /// Every byte is checked, nothing is kept, and there is no recursion. The cursor is what is left of the text: that and
    /// little else is alive between two values, so all of it stays in registers.
    #[inline]
    pub(super) fn skip_value_noting_keys(&mut self, mut note: impl FnMut(KeySpan)) -> Result<()> {
        let mut rest = self.remaining_bytes();
        let mut depth = self.depth;
        // Whether what is open is an object; the innermost is the lowest bit.
        let mut maps = 0_u128;
        loop {
            rest = skip_whitespace(rest);
            // Whether an item or a member comes next.
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
            // Each turn but the last closes an object or an array.
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

    /// Passes over the comma before another item or member, which makes the answer true, or over the end.
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

    /// Passes over members up to one that is an object or an array, which makes the answer true, or over the end.
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

    /// What is behind a string, and whether it has escapes.
    #[inline]
    fn skip_string(&self, inside: &'t [u8]) -> Result<(&'t [u8], bool)> {
        match skip_unescaped(inside) {
            [b'"', behind @ ..] => Ok((behind, false)),
            special => Ok((self.skip_escaped_string(special)?, true)),
        }
    }

    /// What is behind a string of which the part that does not stand for itself begins here.
    #[cold]
    #[inline(never)]
    fn skip_escaped_string(&self, rest: &[u8]) -> Result<&'t [u8]> {
        let mut reader = Reader::new_at(self.text, self.text.len() - rest.len(), 0);
        reader.validate_escapes()?;
        reader.offset += 1;
        Ok(reader.remaining_bytes())
    }

    /// What is behind a number, a boolean or null.
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
