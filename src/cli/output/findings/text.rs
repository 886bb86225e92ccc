//! Lint findings as text: one line each, and one for the help.

use std::fmt::Write as _;

use crate::cli::output::findings::fields::severity_name;
use crate::cli::output::position::format_position;
use crate::diag::Diagnostic;

/// Prints the findings.
pub fn render(found: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in found {
        let position = format_position(&diagnostic.file, diagnostic.position);
        let (severity, code) = (severity_name(diagnostic), diagnostic.code.id());
        let message = &diagnostic.message;
        let _ = writeln!(out, "{position}: {severity}: {code}: {message}");
        if !diagnostic.help.is_empty() {
            let _ = writeln!(out, "  help: {}", diagnostic.help);
        }
    }
    out
}
