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
    let file = files.iter().find(|file| file.name == diagnostic.file)?;
    Some(json_pointer::for_position(
        file.root.as_ref()?,
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
