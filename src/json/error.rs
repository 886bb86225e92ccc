//! Syntax errors of JSON text, and the line and column of a byte offset.

use crate::diag::Position;
use crate::limits;

/// A syntax error, and the byte at which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// The offset of the byte that does not fit.
    pub offset: usize,
    /// The kind of error.
    pub kind: ErrorKind,
}

/// The kinds of syntax errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text ends too early.
    UnexpectedEnd,
    /// Something else was expected.
    Expected(&'static str),
    /// A string holds a bare control character.
    ControlCharacter,
    /// A string holds an escape that JSON does not have.
    InvalidEscape,
    /// A number is larger than any 64-bit float.
    NumberOutOfRange,
    /// Objects and arrays are nested too deeply.
    TooDeep,
}

impl Error {
    /// The message for the author of `text`.
    pub fn describe(&self, text: &str) -> String {
        let found = text.get(self.offset..).and_then(|rest| rest.chars().next());
        match (self.kind, found) {
            (ErrorKind::UnexpectedEnd, _) | (_, None) => {
                "the text ends in the middle of a value".to_owned()
            }
            (ErrorKind::Expected(what), Some(c)) => format!("expected {what}, found `{c}`"),
            (ErrorKind::ControlCharacter, _) => {
                "a line break or control character inside a string".to_owned()
            }
            (ErrorKind::InvalidEscape, _) => "an escape that JSON does not have".to_owned(),
            (ErrorKind::NumberOutOfRange, _) => "a number too large for a 64-bit float".to_owned(),
            (ErrorKind::TooDeep, _) => {
                format!("nested deeper than {} levels", limits::NESTING_DEPTH)
            }
        }
    }
}

/// The line and column of a byte offset, counted from the start of `text`.
///
/// `document::json_parser::position_tracker` computes the same for rising offsets in one pass over the text.
pub fn position_at(text: &str, at: usize) -> Position {
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position {
        line: count(line),
        column: count(column),
    }
}
