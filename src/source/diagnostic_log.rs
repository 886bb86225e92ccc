//! Writes diagnostics of flag documents to the log.

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
