//! White space and punctuation on a byte slice: the cursor of the validating skip.
//!
//! A slice stays in registers; a reader, which is borrowed, does not.

use crate::json::error::Error;
use crate::json::error::ErrorKind;
use crate::json::reader::Reader;
use crate::json::reader::Result;

impl<'t> Reader<'t> {
    /// Passes over white space and `token`, and returns the rest.
    #[inline]
    pub(super) fn skip_byte(
        &self,
        rest: &'t [u8],
        token: u8,
        what: &'static str,
    ) -> Result<&'t [u8]> {
        match skip_whitespace_unless(rest, token) {
            [found, behind @ ..] if *found == token => Ok(behind),
            rest => self.error_expected(rest, what),
        }
    }

    /// The error for a missing token: another byte is found, or the text ends.
    #[cold]
    #[inline(never)]
    pub(super) fn error_expected<T>(&self, rest: &[u8], what: &'static str) -> Result<T> {
        if rest.is_empty() {
            return self.error_at(rest, ErrorKind::UnexpectedEnd);
        }
        self.error_at(rest, ErrorKind::Expected(what))
    }

    /// An error at the start of `rest`.
    #[cold]
    pub(super) fn error_at<T>(&self, rest: &[u8], fault: ErrorKind) -> Result<T> {
        let at = self.text.len() - rest.len();
        Err(Error {
            offset: at,
            kind: fault,
        })
    }
}

/// Passes over white space and returns the rest; returns at once if the first byte is `likely`.
#[inline]
pub(super) fn skip_whitespace_unless(rest: &[u8], likely: u8) -> &[u8] {
    match rest {
        [found, ..] if *found == likely => rest,
        _ => skip_whitespace(rest),
    }
}

/// Passes over white space and returns the rest.
#[inline]
pub(super) fn skip_whitespace(rest: &[u8]) -> &[u8] {
    match rest {
        [first, ..] if *first > b' ' => rest,
        // One space, as after most colons and commas.
        [b' ', behind @ ..] if behind.first() > Some(&b' ') => behind,
        _ => skip_whitespace_loop(rest),
    }
}

#[inline(never)]
fn skip_whitespace_loop(mut rest: &[u8]) -> &[u8] {
    while let [b' ' | b'\n' | b'\r' | b'\t', behind @ ..] = rest {
        rest = behind;
    }
    rest
}
