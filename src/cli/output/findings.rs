//! Output formats of lint findings: text, JSON, SARIF, GitHub Actions and `JUnit`.

mod fields;
mod github_actions;
mod json;
mod junit;
mod sarif;
mod text;

use crate::analysis::flag_file::FlagFile;
use crate::analysis::lint::policy::FailOn;
use crate::cli::output::color::Palette;
use crate::diag::Diagnostic;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum FindingsFormat {
    /// Text.
    #[default]
    Text,
    /// JSON.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions, which annotate a change.
    Github,
    /// `JUnit` XML, for test reports.
    Junit,
}

impl FindingsFormat {
    /// Prints the diagnostics `found` in `files`. Only text has colours.
    pub fn render(
        self,
        files: &[FlagFile],
        found: &[Diagnostic],
        fail_on: FailOn,
        palette: Palette,
    ) -> String {
        match self {
            FindingsFormat::Text => text::render(found, palette),
            FindingsFormat::Json => json::render(files, found),
            FindingsFormat::Sarif => sarif::render(files, found),
            FindingsFormat::Github => github_actions::render(found),
            FindingsFormat::Junit => junit::render(files, found, fail_on),
        }
    }
}
