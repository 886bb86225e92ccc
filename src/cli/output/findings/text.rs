//! Lint findings as text: one line each, and one for the help.

use std::fmt::Write as _;

use crate::cli::output::color::Palette;
use crate::cli::output::findings::fields::severity_name;
use crate::cli::output::position::format_position;
use crate::diag::Diagnostic;
use crate::diag::Severity;

/// Prints the findings.
pub fn render(found: &[Diagnostic], palette: Palette) -> String {
    let mut out = String::new();
    for diagnostic in found {
        let position = format_position(&diagnostic.file, diagnostic.position);
        let position = palette.strong(&position);
        let severity = format!("{}:", severity_name(diagnostic));
        let severity = match diagnostic.severity {
            Severity::Error => palette.error(&severity),
            Severity::Warning => palette.warning(&severity),
        };
        let (code, message) = (diagnostic.code.id(), &diagnostic.message);
        let _ = writeln!(out, "{position}: {severity} {code}: {message}");
        if !diagnostic.help.is_empty() {
            let _ = writeln!(out, "  {} {}", palette.help("help:"), diagnostic.help);
        }
    }
    out
}
