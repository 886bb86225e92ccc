//! How findings are printed: for people, for programs, and for the services that show them beside the code.

mod github_actions;
mod json;
mod junit;
mod sarif;
mod text;

use crate::analysis::flag_file::FlagFile;
use crate::analysis::lint::json_pointer;
use crate::analysis::lint::policy::FailOn;
use crate::diag::Diagnostic;
use crate::diag::Severity;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum FindingsFormat {
    /// Lines for people.
    #[default]
    Text,
    /// A JSON document.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Commands of GitHub Actions, which annotate a change.
    Github,
    /// The XML of `JUnit`, for whatever shows tests.
    Junit,
}

impl FindingsFormat {
    /// Prints `found` in `files`.
    pub fn render(self, files: &[FlagFile], found: &[Diagnostic], fail_on: FailOn) -> String {
        match self {
            FindingsFormat::Text => text::render(found),
            FindingsFormat::Json => json::render(files, found),
            FindingsFormat::Sarif => sarif::render(files, found),
            FindingsFormat::Github => github_actions::render(found),
            FindingsFormat::Junit => junit::render(files, found, fail_on),
        }
    }
}

fn severity_name(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// The pointer to what a diagnostic is about; `None` where that is no flag file.
fn json_pointer(files: &[FlagFile], diagnostic: &Diagnostic) -> Option<String> {
    let file = files.iter().find(|file| file.name == diagnostic.file)?;
    Some(json_pointer::for_position(
        file.root.as_ref()?,
        diagnostic.position,
    ))
}

/// The message, and the help behind it.
fn message_with_help(diagnostic: &Diagnostic, separator: &str) -> String {
    let Diagnostic { message, help, .. } = diagnostic;
    if help.is_empty() {
        message.clone()
    } else {
        format!("{message}{separator}help: {help}")
    }
}
