//! Workflow commands of GitHub Actions.
//!
//! <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>

use std::fmt::Write as _;

use crate::cli::lint::format::sentence;
use crate::cli::lint::format::severity;
use crate::diag::Diagnostic;

pub fn write(found: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in found {
        let code = diagnostic.code;
        let _ = writeln!(
            out,
            "::{} file={},line={},col={},title={}::{}",
            severity(diagnostic),
            property(&diagnostic.file),
            diagnostic.place.line,
            diagnostic.place.column,
            property(&format!("{}: {}", code.id(), code.title())),
            data(&sentence(diagnostic, "\n")),
        );
    }
    out
}

/// What stands behind the second pair of colons.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
