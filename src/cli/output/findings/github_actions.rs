//! Lint findings as workflow commands of GitHub Actions.
//!
//! <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>

use std::fmt::Write as _;

use crate::cli::output::findings::fields::message_with_help;
use crate::cli::output::findings::fields::severity_name;
use crate::diag::Diagnostic;

/// Prints one command per finding.
pub fn render(found: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in found {
        let code = diagnostic.code;
        let _ = writeln!(
            out,
            "::{} file={},line={},col={},title={}::{}",
            severity_name(diagnostic),
            escape_property(&diagnostic.file),
            diagnostic.position.line,
            diagnostic.position.column,
            escape_property(&format!("{}: {}", code.id(), code.title())),
            escape_data(&message_with_help(diagnostic, "\n")),
        );
    }
    out
}

/// Escapes the message of a command.
fn escape_data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes the value of a property.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}
