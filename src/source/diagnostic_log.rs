//! Writes diagnostics of flag documents to the log, and describes the flags that are served after a failure.
//!
//! The number of lines for one document and the length of a line are bounded: a document of a few megabytes can have
//! hundreds of thousands of mistakes, and a key of a megabyte.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::diag::Position;
use crate::diag::Severity;
use crate::limits;

/// Logs diagnostics: of each document the first [`limits::LOGGED_DIAGNOSTICS`], and the number of the others.
pub fn log_diagnostics<'d>(diagnostics: impl IntoIterator<Item = &'d Diagnostic>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for diagnostic in diagnostics {
        let count = counts.entry(&*diagnostic.file).or_default();
        *count += 1;
        if *count <= limits::LOGGED_DIAGNOSTICS {
            log_diagnostic(diagnostic);
        }
    }
    for (file, count) in counts {
        let omitted = count.saturating_sub(limits::LOGGED_DIAGNOSTICS);
        if omitted > 0 {
            tracing::warn!(
                file,
                omitted,
                "{omitted} more diagnostics of this document are not logged; `flagctl lint` lists them all"
            );
        }
    }
}

/// Returns a text that is cut after [`limits::LOGGED_TEXT`] bytes.
pub fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= limits::LOGGED_TEXT {
        return text.into();
    }
    let start = (0..=limits::LOGGED_TEXT)
        .rev()
        .find_map(|end| text.get(..end));
    format!("{}… ({} bytes)", start.unwrap_or(""), text.len()).into()
}

/// Logs a diagnostic at the level of its severity, each part of it as a field.
fn log_diagnostic(diagnostic: &Diagnostic) {
    let Position { line, column } = diagnostic.position;
    let (code, file) = (diagnostic.code.id(), &*diagnostic.file);
    let flag = diagnostic.flag.as_deref().map(shortened);
    let flag = flag.as_deref();
    let message = shortened(&diagnostic.message);
    let help = Some(shortened(&diagnostic.help)).filter(|help| !help.is_empty());
    let help = help.as_deref();
    match diagnostic.severity {
        Severity::Error => tracing::error!(code, file, line, column, flag, help, "{message}"),
        Severity::Warning => tracing::warn!(code, file, line, column, flag, help, "{message}"),
    }
}

/// Returns the end of a log message about the failure of a file or a source, which `origin` names: the flags that are
/// served. `kept` is true if there are last good flags.
pub fn served_flags(kept: bool, origin: &str) -> String {
    if kept {
        format!("keeping the last good flags of the {origin}")
    } else {
        format!("no flags from this {origin} yet")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shortened("short"), "short");
        let long = "é".repeat(limits::LOGGED_TEXT);
        let cut = shortened(&format!("a{long}")).into_owned();
        assert!(cut.len() < limits::LOGGED_TEXT + 30, "{cut}");
        assert!(
            cut.ends_with(&format!("é… ({} bytes)", long.len() + 1)),
            "{cut}"
        );
    }
}
