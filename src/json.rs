//! JSON text, read in place: a cursor that knows where it is and copies nothing.
//!
//! Both flag documents and requests are read with it. Strict: what RFC 8259 does not allow is an error with a position.

mod write;
mod string_scan;
mod reader;
mod escape;

use crate::diag::Position;
pub use crate::json::escape::RawString;
pub use crate::json::escape::write_string;
pub use crate::json::reader::ObjectIndex;
pub use crate::json::reader::Reader;
pub use crate::json::write::write_object;
pub use crate::json::write::write_value;
use crate::limits;

/// What kind of value comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// A string.
    Text,
    /// An array.
    List,
    /// An object.
    Map,
}

/// What is wrong with a text, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// The offset of the byte that does not fit.
    pub offset: usize,
    /// What does not fit.
    pub kind: ErrorKind,
}

/// The ways in which a text fails to be JSON.
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
    /// What was found, in words.
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

/// The line and column of a byte offset.
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
