//! How findings are printed: for people, for programs, and for the services that show them beside the code.

mod github;
mod json;
mod junit;
mod sarif;
mod text;

use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::study::file::File;
use crate::study::lint::pointer;
use crate::study::lint::policy::FailOn;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
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

impl Format {
    /// Prints `found` in `files`.
    pub fn write(self, files: &[File], found: &[Diagnostic], fail_on: FailOn) -> String {
        match self {
            Format::Text => text::write(found),
            Format::Json => json::write(files, found),
            Format::Sarif => sarif::write(files, found),
            Format::Github => github::write(found),
            Format::Junit => junit::write(files, found, fail_on),
        }
    }
}

fn severity(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// The pointer to what a diagnostic is about; `None` where that is no flag file.
fn pointer(files: &[File], diagnostic: &Diagnostic) -> Option<String> {
    let file = files.iter().find(|file| file.name == diagnostic.file)?;
    Some(pointer::to(file.root.as_ref()?, diagnostic.place))
}

/// The message, and the help behind it.
fn sentence(diagnostic: &Diagnostic, separator: &str) -> String {
    let Diagnostic { message, help, .. } = diagnostic;
    if help.is_empty() {
        message.clone()
    } else {
        format!("{message}{separator}help: {help}")
    }
}
