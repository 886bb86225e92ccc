//! Steps through what is left of a text: a slice stays in registers where a reader, that others refer to, does not.

use crate::json::Error;
use crate::json::Fault;
use crate::json::reader::Reader;
use crate::json::reader::Result;

impl<'t> Reader<'t> {
    /// What is behind a token, and white space before it.
    #[inline]
    pub(super) fn token_of(
        &self,
        rest: &'t [u8],
        token: u8,
        what: &'static str,
    ) -> Result<&'t [u8]> {
        match unspaced(rest, token) {
            [found, behind @ ..] if *found == token => Ok(behind),
            rest => self.expected(rest, what),
        }
    }

    /// Something else stands here, or the text ends.
    #[cold]
    #[inline(never)]
    pub(super) fn expected<T>(&self, rest: &[u8], what: &'static str) -> Result<T> {
        if rest.is_empty() {
            return self.fault(rest, Fault::End);
        }
        self.fault(rest, Fault::Expected(what))
    }

    /// Something is wrong here.
    #[cold]
    pub(super) fn fault<T>(&self, rest: &[u8], fault: Fault) -> Result<T> {
        let at = self.text.len() - rest.len();
        Err(Error { at, fault })
    }
}

/// What is behind white space. Nothing is done if the byte that is likely comes at once.
#[inline]
pub(super) fn unspaced(rest: &[u8], likely: u8) -> &[u8] {
    match rest {
        [found, ..] if *found == likely => rest,
        _ => space(rest),
    }
}

/// What is behind white space.
#[inline]
pub(super) fn space(rest: &[u8]) -> &[u8] {
    match rest {
        [first, ..] if *first > b' ' => rest,
        // One space, as behind most colons and commas.
        [b' ', behind @ ..] if behind.first() > Some(&b' ') => behind,
        _ => behind_space(rest),
    }
}

#[inline(never)]
fn behind_space(mut rest: &[u8]) -> &[u8] {
    while let [b' ' | b'\n' | b'\r' | b'\t', behind @ ..] = rest {
        rest = behind;
    }
    rest
}
