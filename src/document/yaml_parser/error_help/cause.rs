//! `SyntaxFailure`, what the YAML parser reports, and `SyntaxCause`, what the author of the file is told.

use crate::diag::Position;

/// A syntax error as the parser reports it.
#[derive(Debug)]
pub struct SyntaxFailure<'t> {
    /// The position of the problem; `None` for a character that YAML does not allow.
    pub position: Option<Position>,
    /// The problem.
    pub problem: &'t str,
    /// The construct that is being read, or an empty string.
    pub context: &'t str,
    /// The position at which this construct begins.
    pub start: Option<Position>,
}

/// The cause of a syntax error.
#[derive(Debug)]
pub struct SyntaxCause {
    /// The cause.
    pub message: String,
    /// The remedy.
    pub help: String,
    /// The position of the cause, unless the parser names it.
    pub position: Option<Position>,
}

impl SyntaxCause {
    /// A cause without a position of its own.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> SyntaxCause {
        SyntaxCause {
            message: message.into(),
            help: help.into(),
            position: None,
        }
    }

    /// The same cause at a position.
    pub fn at(self, position: Position) -> SyntaxCause {
        SyntaxCause {
            position: Some(position),
            ..self
        }
    }
}

/// A cause without a position of its own.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the callers return it among causes that do not apply"
)]
pub fn explained(message: impl Into<String>, help: impl Into<String>) -> Option<SyntaxCause> {
    Some(SyntaxCause::new(message, help))
}

/// The cause for a template that was not rendered.
pub fn explain_template() -> SyntaxCause {
    SyntaxCause::new(
        "`{{` is the beginning of a template, which is not YAML",
        "render the template first, for instance with `helm template`; quote the value if it is text",
    )
}

/// The first 40 characters.
pub fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}
