//! Numbers, and how much of them can be told without reading them.

use std::ops::Range;

use crate::json::Error;
use crate::json::Fault;
use crate::json::reader::Reader;
use crate::json::reader::Result;

/// So many digits, times ten to the power of 99 or less, make no number that is too large for a 64-bit float: those end
/// at 1.8e308.
const SURELY_FINITE: usize = 200;

impl Reader<'_> {
    /// Reads a number.
    pub fn number(&mut self) -> Result<f64> {
        let at = self.at;
        self.number_span()?;
        // The grammar of JSON numbers is a subset of what Rust reads, so only the range can fail.
        match self.since(at).parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            Ok(_) | Err(_) => Err(Error {
                at,
                fault: Fault::Range,
            }),
        }
    }

    /// Passes over a number. Its digits are added up only if it may be too large.
    #[inline]
    pub(super) fn skip_number(&mut self) -> Result<()> {
        let start = self.at;
        let exponent = self.number_span()?;
        if exponent.len() <= 2 && self.at - start <= SURELY_FINITE {
            return Ok(());
        }
        self.at = start;
        self.number().map(drop)
    }

    /// Passes over a number by its grammar, and answers where the digits of its exponent are.
    #[inline]
    fn number_span(&mut self) -> Result<Range<usize>> {
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
        let mut exponent = self.at..self.at;
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            exponent.start = self.at;
            self.digits()?;
            exponent.end = self.at;
        }
        if self
            .byte()
            .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'.')
        {
            return self.fail(Fault::Expected("the end of a number"));
        }
        Ok(exponent)
    }

    #[inline]
    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while self.byte().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        match self.byte() {
            _ if self.at > start => Ok(()),
            None => self.fail(Fault::End),
            Some(_) => self.fail(Fault::Expected("a digit")),
        }
    }
}
