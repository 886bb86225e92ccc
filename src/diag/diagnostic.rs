//! `Diagnostic`: a finding in a flag document, with code, severity, position, message and help.

use std::fmt;
use std::sync::Arc;

use crate::diag::code::Code;

/// A position in a document; both counts start at 1, columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl Position {
    /// The first character.
    pub const START: Position = Position { line: 1, column: 1 };
}

/// The severity of a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The document works, but probably not as intended.
    Warning,
    /// The flag returns an error, or the document is rejected.
    Error,
}

/// A finding in a document: its position, a message and help.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// The kind of finding.
    pub code: Code,
    /// The severity.
    pub severity: Severity,
    /// The file, as the user named it.
    pub file: Arc<str>,
    /// The position in the file.
    pub position: Position,
    /// The problem.
    pub message: String,
    /// The remedy; empty if the message suffices.
    pub help: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position;
        let id = self.code.id();
        write!(f, "{}:{line}:{column}: {id}: {}", self.file, self.message)?;
        if !self.help.is_empty() {
            write!(f, " (help: {})", self.help)?;
        }
        Ok(())
    }
}
