//! JSON text, read in place: a cursor that knows where it is and copies nothing.
//!
//! Both flag documents and requests are read with it. Strict: what RFC 8259 does not allow is an error with a position.

mod literal;
mod plain;
mod reader;
mod text;

use crate::diag::Place;
pub use crate::json::literal::write_json;
pub use crate::json::literal::write_members;
pub use crate::json::reader::Outline;
pub use crate::json::reader::Reader;
pub use crate::json::text::Text;
pub use crate::json::text::write_text;
use crate::limits;

/// What kind of value comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
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
    pub at: usize,
    /// What does not fit.
    pub fault: Fault,
}

/// The ways in which a text fails to be JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The text ends too early.
    End,
    /// Something else was expected.
    Expected(&'static str),
    /// A string holds a bare control character.
    Control,
    /// A string holds an escape that JSON does not have.
    Escape,
    /// A number is larger than any 64-bit float.
    Range,
    /// Objects and arrays are nested too deeply.
    Depth,
}

impl Error {
    /// What was found, in words.
    pub fn describe(&self, text: &str) -> String {
        let found = text.get(self.at..).and_then(|rest| rest.chars().next());
        match (self.fault, found) {
            (Fault::End, _) | (_, None) => "the text ends in the middle of a value".to_owned(),
            (Fault::Expected(what), Some(c)) => format!("expected {what}, found `{c}`"),
            (Fault::Control, _) => "a line break or control character inside a string".to_owned(),
            (Fault::Escape, _) => "an escape that JSON does not have".to_owned(),
            (Fault::Range, _) => "a number too large for a 64-bit float".to_owned(),
            (Fault::Depth, _) => format!("nested deeper than {} levels", limits::DEPTH),
        }
    }
}

/// The line and column of a byte offset.
pub fn place(text: &str, at: usize) -> Place {
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Place {
        line: count(line),
        column: count(column),
    }
}
