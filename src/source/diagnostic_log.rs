//! Writes diagnostics of flag documents to the log, and describes the flags that are served after a failure.

use crate::diag::Diagnostic;
use crate::diag::Position;
use crate::diag::Severity;

/// Logs a diagnostic at the level of its severity, each part of it as a field.
pub fn log_diagnostic(diagnostic: &Diagnostic) {
    let Position { line, column } = diagnostic.position;
    let (code, file) = (diagnostic.code.id(), &*diagnostic.file);
    let (flag, message) = (diagnostic.flag.as_deref(), &*diagnostic.message);
    let help = Some(&*diagnostic.help).filter(|help| !help.is_empty());
    match diagnostic.severity {
        Severity::Error => tracing::error!(code, file, line, column, flag, help, "{message}"),
        Severity::Warning => tracing::warn!(code, file, line, column, flag, help, "{message}"),
    }
}

/// Returns the end of a log message about a failure: the flags that are served. `kept` is true if there are last good
/// flags.
pub fn served_flags(kept: bool) -> &'static str {
    if kept {
        "keeping its last good flags"
    } else {
        "no flags from it yet"
    }
}
