//! Fields of a finding that several formats print: severity, JSON pointer, and message with help.

use crate::analysis::flag_file::FlagFile;
use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::document::json_pointer;

/// `error` or `warning`.
pub fn severity_name(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// The JSON pointer to the value at the position of a diagnostic; `None` if its file is not a flag file.
pub fn json_pointer(files: &[FlagFile], diagnostic: &Diagnostic) -> Option<String> {
    let mut roots = files
        .iter()
        .filter(|file| file.name == diagnostic.file)
        .filter_map(|file| file.root.as_ref());
    let first = roots.clone().next()?;
    // Of the flag documents of one file, the last one that begins before the position.
    let root = roots.rfind(|root| root.position <= diagnostic.position);
    Some(json_pointer::for_position(
        root.unwrap_or(first),
        diagnostic.position,
    ))
}

/// The message, followed by the help if there is one.
pub fn message_with_help(diagnostic: &Diagnostic, separator: &str) -> String {
    let Diagnostic { message, help, .. } = diagnostic;
    if help.is_empty() {
        message.clone()
    } else {
        format!("{message}{separator}help: {help}")
    }
}
