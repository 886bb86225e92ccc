//! Messages for standard error: errors, warnings, notes, findings, and the summary of a run.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::cli::output::color::Palette;
use crate::cli::output::position::format_position;
use crate::diag::Diagnostic;
use crate::diag::Severity;

/// A message; one line on standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The reason of a failure.
    Error(String),
    /// A likely mistake.
    Warning(String),
    /// Additional information.
    Note(String),
    /// A finding in a flag file.
    Finding(Diagnostic),
    /// The counts of a run.
    Summary(String),
}

impl Message {
    /// Returns true for errors, which `--quiet` does not suppress.
    pub fn is_error(&self) -> bool {
        match self {
            Message::Error(_) => true,
            Message::Finding(finding) => finding.severity == Severity::Error,
            Message::Warning(_) | Message::Note(_) | Message::Summary(_) => false,
        }
    }

    /// The line.
    pub fn render(&self, palette: Palette) -> String {
        match self {
            Message::Error(text) => format!("{} {text}", palette.error("error:")),
            Message::Warning(text) => format!("{} {text}", palette.warning("warning:")),
            Message::Note(text) => format!("{} {text}", palette.help("note:")),
            Message::Finding(finding) => render_finding(finding, palette),
            Message::Summary(text) => text.clone(),
        }
    }
}

fn render_finding(finding: &Diagnostic, palette: Palette) -> String {
    let position = format_position(&finding.file, finding.position);
    let (code, message) = (finding.code.id(), &finding.message);
    let severity = match finding.severity {
        Severity::Error => palette.error("error:"),
        Severity::Warning => palette.warning("warning:"),
    };
    let mut line = format!(
        "{}: {severity} {code}: {message}",
        palette.strong(&position)
    );
    if !finding.help.is_empty() {
        let _ = write!(line, " (help: {})", finding.help);
    }
    line
}

/// Findings as messages, without repetitions.
pub fn findings<'d>(found: impl IntoIterator<Item = &'d Diagnostic>) -> Vec<Message> {
    let mut seen = HashSet::new();
    let new = found.into_iter().filter(|finding| seen.insert(*finding));
    new.map(|finding| Message::Finding(finding.clone()))
        .collect()
}
