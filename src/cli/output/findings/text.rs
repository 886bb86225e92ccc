//! Findings for people: one line each, and one for the help.

use std::fmt::Write as _;

use crate::cli::output::findings::severity_name;
use crate::diag::Diagnostic;
use crate::diag::Position;

pub fn render(found: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in found {
        let Position { line, column } = diagnostic.position;
        let (severity, code) = (severity_name(diagnostic), diagnostic.code.id());
        let (file, message) = (&diagnostic.file, &diagnostic.message);
        let _ = writeln!(out, "{file}:{line}:{column}: {severity}: {code}: {message}");
        if !diagnostic.help.is_empty() {
            let _ = writeln!(out, "  help: {}", diagnostic.help);
        }
    }
    out
}
