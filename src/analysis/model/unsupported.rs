//! Expressions that the analysis does not support, with their position and file.

use std::fmt;
use std::sync::Arc;

use crate::diag::Position;

/// An expression that the analysis does not support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// The position of the expression.
    pub position: Position,
    /// The expression as a noun phrase, for instance "`%`".
    pub description: String,
}

/// An unsupported expression, and the file that contains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedInFile {
    /// The file.
    pub file: Arc<str>,
    /// The expression.
    pub cause: Unsupported,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position;
        let description = &self.description;
        write!(
            f,
            "{line}:{column}: the analysis does not support {description}"
        )
    }
}

impl fmt::Display for UnsupportedInFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.cause)
    }
}
