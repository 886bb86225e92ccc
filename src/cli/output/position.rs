//! `file:line:column`, the form of a position in all text output.

use crate::diag::Position;

/// Formats a position in a file as `file:line:column`.
pub fn format_position(file: &str, position: Position) -> String {
    let Position { line, column } = position;
    format!("{file}:{line}:{column}")
}
