//! Passing over values that nobody reads.

use crate::json::Fault;
use crate::json::plain::behind_plain;
use crate::json::reader::Reader;
use crate::json::reader::Result;
use crate::json::reader::rest::space;
use crate::json::reader::rest::unspaced;
use crate::limits;

// One bit for each object and array that is open.
const _: () = assert!(limits::DEPTH <= u128::BITS as usize);

/// Where a key stands, counted from the end of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// How many bytes are left behind its opening quote.
    pub inside: usize,
    /// How many bytes are left behind its closing quote.
    pub behind: usize,
    pub escaped: bool,
}

impl<'t> Reader<'t> {
    /// Passes over one value of any kind.
    pub fn skip(&mut self) -> Result<()> {
        self.pass(|_| {})
    }

    /// Passes over one value. If it is an object, its keys go to `note`, those further inside do not.
    ///
    /// Every byte is checked, nothing is kept, and there is no recursion. The cursor is what is left of the text: that and
    /// little else is alive between two values, so all of it stays in registers.
    #[inline]
    pub(super) fn pass(&mut self, mut note: impl FnMut(Key)) -> Result<()> {
        let mut rest = self.rest();
        let mut depth = self.depth;
        // Whether what is open is an object; the innermost is the lowest bit.
        let mut maps = 0_u128;
        loop {
            rest = space(rest);
            // Whether an item or a member comes next.
            let mut more = false;
            match rest {
                [b'"', inside @ ..] => rest = self.string(inside)?.0,
                [open @ (b'{' | b'['), inside @ ..] => {
                    if depth >= limits::DEPTH {
                        return self.fault(rest, Fault::Depth);
                    }
                    match space(inside) {
                        [close, behind @ ..] if *close == open + 2 => rest = behind,
                        inside => {
                            depth += 1;
                            maps = maps << 1 | u128::from(*open == b'{');
                            rest = inside;
                            more = true;
                        }
                    }
                }
                _ => rest = self.scalar(rest)?,
            }
            // Each turn but the last closes an object or an array.
            loop {
                let map = maps & 1 == 1;
                if !more {
                    if depth == self.depth {
                        self.at = self.text.len() - rest.len();
                        return Ok(());
                    }
                    (rest, more) = self.more_of(rest, map)?;
                }
                if more && map {
                    (rest, more) = if depth == self.depth + 1 {
                        self.members(rest, &mut note)?
                    } else {
                        self.members(rest, &mut |_| {})?
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
    fn more_of(&self, rest: &'t [u8], map: bool) -> Result<(&'t [u8], bool)> {
        match space(rest) {
            [b',', behind @ ..] => Ok((behind, true)),
            [b'}', behind @ ..] if map => Ok((behind, false)),
            [b']', behind @ ..] if !map => Ok((behind, false)),
            rest if map => self.expected(rest, "`,` or `}`"),
            rest => self.expected(rest, "`,` or `]`"),
        }
    }

    /// Passes over members up to one that is an object or an array, which makes the answer true, or over the end.
    #[inline(never)]
    fn members(&self, mut rest: &'t [u8], note: &mut impl FnMut(Key)) -> Result<(&'t [u8], bool)> {
        loop {
            let inside = self.token_of(rest, b'"', "a string")?;
            let (behind, escaped) = self.string(inside)?;
            note(Key {
                inside: inside.len(),
                behind: behind.len(),
                escaped,
            });
            let value = self.token_of(behind, b':', "`:`")?;
            rest = match unspaced(value, b'"') {
                [b'"', inside @ ..] => self.string(inside)?.0,
                rest @ [b'{' | b'[', ..] => return Ok((rest, true)),
                rest => self.scalar(rest)?,
            };
            rest = match unspaced(rest, b',') {
                [b',', behind @ ..] => behind,
                [b'}', behind @ ..] => return Ok((behind, false)),
                rest => return self.expected(rest, "`,` or `}`"),
            };
        }
    }

    /// What is behind a string, and whether it has escapes.
    #[inline]
    fn string(&self, inside: &'t [u8]) -> Result<(&'t [u8], bool)> {
        match behind_plain(inside) {
            [b'"', behind @ ..] => Ok((behind, false)),
            special => Ok((self.special(special)?, true)),
        }
    }

    /// What is behind a string of which the part that does not stand for itself begins here.
    #[cold]
    #[inline(never)]
    fn special(&self, rest: &[u8]) -> Result<&'t [u8]> {
        let mut reader = Reader::within(self.text, self.text.len() - rest.len(), 0);
        reader.escapes()?;
        reader.at += 1;
        Ok(reader.rest())
    }

    /// What is behind a number, a boolean or null.
    #[inline(never)]
    fn scalar(&self, rest: &[u8]) -> Result<&'t [u8]> {
        let mut reader = Reader::within(self.text, self.text.len() - rest.len(), 0);
        match rest {
            [b'-' | b'0'..=b'9', ..] => reader.skip_number()?,
            [b't', ..] => reader.word("true")?,
            [b'f', ..] => reader.word("false")?,
            [b'n', ..] => reader.word("null")?,
            [_, ..] => reader.fail(Fault::Expected("a value"))?,
            [] => reader.fail(Fault::End)?,
        }
        Ok(reader.rest())
    }
}
