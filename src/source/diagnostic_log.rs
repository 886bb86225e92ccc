//! Writes diagnostics of flag documents to the log, and describes the flags that are served after a failure.

use crate::diag::Diagnostic;
use crate::diag::Severity;

/// Logs a diagnostic at the level of its severity.
pub fn log_diagnostic(diagnostic: &Diagnostic) {
    let code = diagnostic.code.id();
    match diagnostic.severity {
        Severity::Error => tracing::error!(code, "{diagnostic}"),
        Severity::Warning => tracing::warn!(code, "{diagnostic}"),
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
