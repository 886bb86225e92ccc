//! What is wrong in a flag document, told to the person who wrote it.

mod code;

use std::fmt;
use std::sync::Arc;

pub use crate::diag::code::Code;

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

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Works, but probably not as meant.
    Warning,
    /// A flag that answers with an error, or a document that is refused.
    Error,
}

/// One mistake: what, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// The kind of mistake.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The file, as it was named to us.
    pub file: Arc<str>,
    /// Where in the file.
    pub position: Position,
    /// What was found.
    pub message: String,
    /// What to do; empty when the message says it all.
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

/// The diagnostics of one file, as they are found.
#[derive(Debug)]
pub struct DiagnosticSink {
    file: Arc<str>,
    diagnostics: Vec<Diagnostic>,
}

impl DiagnosticSink {
    /// An empty report on `file`.
    pub fn new(file: Arc<str>) -> DiagnosticSink {
        let found = Vec::new();
        DiagnosticSink {
            file,
            diagnostics: found,
        }
    }

    /// Notes an error.
    pub fn error(
        &mut self,
        code: Code,
        place: Position,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Severity::Error, code, place, message.into(), help.into());
    }

    /// Notes a warning.
    pub fn warn(
        &mut self,
        code: Code,
        place: Position,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Severity::Warning, code, place, message.into(), help.into());
    }

    fn push(
        &mut self,
        severity: Severity,
        code: Code,
        place: Position,
        message: String,
        help: String,
    ) {
        let file = self.file.clone();
        self.diagnostics.push(Diagnostic {
            code,
            severity,
            file,
            position: place,
            message,
            help,
        });
    }

    /// How much was found so far.
    pub fn count(&self) -> usize {
        self.diagnostics.len()
    }

    /// What was found, in the order of the file. A part that is compiled in two ways is complained about once.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        let order = |d: &Diagnostic| (d.position, d.code);
        self.diagnostics.sort_by(|a, b| {
            order(a)
                .cmp(&order(b))
                .then_with(|| a.message.cmp(&b.message))
        });
        self.diagnostics.dedup();
        self.diagnostics
    }
}

/// The candidate that `word` was most likely meant to be: at most a third of its letters away.
pub fn closest_match<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (edit_distance(word, candidate), candidate))
        .filter(|(far, _)| *far <= allowed)
        .min_by_key(|(far, _)| *far)
        .map(|(_, candidate)| candidate)
}

/// The number of single-letter edits between two words; 64 letters are compared.
pub fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(64).enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        for (cb, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let cost = corner + usize::from(!ca.eq_ignore_ascii_case(cb));
            corner = *cell;
            left = cost.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::closest_match;

    #[test]
    fn misspelled_name_gets_a_suggestion() {
        let names = ["fractional", "starts_with", "ends_with"];
        assert_eq!(closest_match("fractionl", names), Some("fractional"));
        assert_eq!(closest_match("start_with", names), Some("starts_with"));
        assert_eq!(closest_match("semver", names), None);
    }
}
