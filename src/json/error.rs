//! Syntax errors of JSON text, and the line and column of a byte offset.

use crate::diag::Position;
use crate::limits;

/// A syntax error and its byte offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// The offset of the offending byte.
    pub offset: usize,
    /// The kind of error.
    pub kind: ErrorKind,
}

/// The kinds of syntax errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text ends too early.
    UnexpectedEnd,
    /// A different token was expected.
    Expected(&'static str),
    /// A string contains an unescaped control character.
    ControlCharacter,
    /// A string contains an invalid escape sequence.
    InvalidEscape,
    /// A string contains half of a surrogate pair: an escape from `\ud800` to `\udfff` without its other half.
    UnpairedSurrogate,
    /// A number is larger than any 64-bit float.
    NumberOutOfRange,
    /// Objects and arrays are nested too deeply.
    TooDeep,
    /// More values than a document may have.
    TooManyValues,
}

impl ErrorKind {
    /// Returns true if the text is valid JSON but exceeds a limit.
    pub fn is_limit(self) -> bool {
        matches!(self, ErrorKind::TooDeep | ErrorKind::TooManyValues)
    }
}

impl Error {
    /// The message for the author of `text`.
    pub fn describe(&self, text: &str) -> String {
        let found = text.get(self.offset..).and_then(|rest| rest.chars().next());
        match (self.kind, found) {
            (ErrorKind::UnexpectedEnd, _) | (_, None) => "unexpected end of the text".to_owned(),
            (ErrorKind::Expected(what), Some(c)) => format!("expected {what}, found `{c}`"),
            (ErrorKind::ControlCharacter, _) => {
                "unescaped line break or control character in a string".to_owned()
            }
            (ErrorKind::InvalidEscape, _) => "invalid escape sequence in a string".to_owned(),
            (ErrorKind::UnpairedSurrogate, _) => "half of a surrogate pair in a string".to_owned(),
            (ErrorKind::NumberOutOfRange, _) => {
                let rest = text.get(self.offset..).unwrap_or("").chars();
                let inside = |c: &char| c.is_ascii_alphanumeric() || "+-.".contains(*c);
                let number: String = rest.take_while(inside).take(40).collect();
                format!("number `{number}` too large for a 64-bit float")
            }
            (ErrorKind::TooManyValues, _) => {
                format!(
                    "the document has more than {} values",
                    limits::DOCUMENT_VALUES
                )
            }
            (ErrorKind::TooDeep, _) => {
                format!("nested deeper than {} levels", limits::NESTING_DEPTH)
            }
        }
    }
}

/// The line and column of a byte offset, counted from the start of `text`.
///
/// `document::json_parser::position_tracker` computes the same for increasing offsets in one pass over the text.
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
