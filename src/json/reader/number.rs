//! Number tokens: validation by the grammar, and conversion to a float.

use std::ops::Range;

use crate::json::error::Error;
use crate::json::error::ErrorKind;
use crate::json::reader::Reader;
use crate::json::reader::Result;

/// A number of at most this many bytes and an exponent of at most two digits is finite: 200 digits times 1e99 are less
/// than the largest 64-bit float, 1.8e308.
const FINITE_NUMBER_BYTES: usize = 200;

impl Reader<'_> {
    /// Reads a number.
    pub fn parse_number(&mut self) -> Result<f64> {
        let at = self.offset;
        self.skip_number_syntax()?;
        // The grammar of JSON numbers is a subset of Rust's, so only the range can fail.
        match self.text_since(at).parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            Ok(_) | Err(_) => Err(Error {
                offset: at,
                kind: ErrorKind::NumberOutOfRange,
            }),
        }
    }

    /// Passes over a number. It is converted only if it may be too large for a float.
    #[inline]
    pub(super) fn skip_number(&mut self) -> Result<()> {
        let start = self.offset;
        let exponent = self.skip_number_syntax()?;
        if exponent.len() <= 2 && self.offset - start <= FINITE_NUMBER_BYTES {
            return Ok(());
        }
        self.offset = start;
        self.parse_number().map(drop)
    }

    /// Passes over a number by its grammar and returns the byte range of its exponent's digits.
    #[inline]
    fn skip_number_syntax(&mut self) -> Result<Range<usize>> {
        if self.peek_byte() == Some(b'-') {
            self.offset += 1;
        }
        match self.peek_byte() {
            Some(b'0') => self.offset += 1,
            _ => self.skip_digits()?,
        }
        if self.peek_byte() == Some(b'.') {
            self.offset += 1;
            self.skip_digits()?;
        }
        let mut exponent = self.offset..self.offset;
        if matches!(self.peek_byte(), Some(b'e' | b'E')) {
            self.offset += 1;
            if matches!(self.peek_byte(), Some(b'+' | b'-')) {
                self.offset += 1;
            }
            exponent.start = self.offset;
            self.skip_digits()?;
            exponent.end = self.offset;
        }
        if self
            .peek_byte()
            .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'.')
        {
            return self.error_here(ErrorKind::Expected("the end of a number"));
        }
        Ok(exponent)
    }

    #[inline]
    fn skip_digits(&mut self) -> Result<()> {
        let start = self.offset;
        while self.peek_byte().is_some_and(|b| b.is_ascii_digit()) {
            self.offset += 1;
        }
        match self.peek_byte() {
            _ if self.offset > start => Ok(()),
            None => self.error_here(ErrorKind::UnexpectedEnd),
            Some(_) => self.error_here(ErrorKind::Expected("a digit")),
        }
    }
}
