//! `Diagnostic`: a finding in a flag document, with code, severity, position, message and help.

use std::fmt;
use std::hash::Hash;
use std::hash::Hasher;
use std::sync::Arc;

use ecow::EcoString;

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
///
/// Equality ignores the flag: a finding in an evaluator is the same for each flag that refers to the evaluator.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// The kind of finding.
    pub code: Code,
    /// The severity.
    pub severity: Severity,
    /// The file, as the user named it.
    pub file: Arc<str>,
    /// The position in the file.
    pub position: Position,
    /// The key of the flag in whose definition it was found, if it concerns one flag.
    pub flag: Option<EcoString>,
    /// The problem.
    pub message: String,
    /// The remedy; empty if the message suffices.
    pub help: String,
}

impl Diagnostic {
    fn identity(&self) -> (Code, Severity, &str, Position, &str, &str) {
        let Diagnostic { code, severity, .. } = *self;
        (
            code,
            severity,
            &self.file,
            self.position,
            &self.message,
            &self.help,
        )
    }
}

impl PartialEq for Diagnostic {
    fn eq(&self, other: &Diagnostic) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Diagnostic {}

impl Hash for Diagnostic {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
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
