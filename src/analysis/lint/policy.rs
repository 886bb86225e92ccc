//! What whoever asks wants to be told: the content of `.flagrc.yaml`, `.flagrc.json` or `.flagrc.toml`.

mod parse;
pub mod setting_parser;

use std::path::PathBuf;

use crate::analysis::code_refs::call_pattern::CallPattern;
use crate::analysis::lint::flag::lifecycle::LifecycleField;
use crate::analysis::lint::flag::naming_convention::NamingConvention;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::Severity;

/// What is wanted. The default is what a project without configuration gets.
#[derive(Debug, Clone, Default)]
pub struct LintPolicy {
    /// Flag files, directories or globs, from the directory of the configuration.
    pub flag_paths: Vec<PathBuf>,
    /// How keys are spelled.
    pub naming: Option<NamingPolicy>,
    /// What has to be said of every flag's life.
    pub required_lifecycle_fields: Vec<LifecycleField>,
    /// From which origins values may load.
    pub allowed_origins: Vec<String>,
    /// The attributes that callers send, if they are listed.
    pub known_attributes: Vec<String>,
    /// More words for rings.
    pub rings: Vec<String>,
    /// How bad a finding is, where that is not the usual.
    pub severity_overrides: Vec<(Code, SeverityOverride)>,
    /// From what on a run fails.
    pub fail_on: FailOn,
    /// Where known findings are listed.
    pub baseline: Option<PathBuf>,
    /// What is looked for in source code.
    pub code_refs: CodeRefsPolicy,
    /// The day on which flags are judged, counted from 1970-01-01.
    pub today: i64,
}

/// How keys are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamingPolicy {
    /// The convention.
    pub convention: NamingConvention,
    /// What separates parts of which each keeps the convention.
    pub separator: Option<char>,
}

/// What becomes of a kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeverityOverride {
    /// It is not told.
    Off,
    /// It is told as this.
    As(Severity),
}

/// From what on a run fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailOn {
    /// It does not fail.
    Never,
    /// From warnings on.
    Warning,
    /// From errors on.
    #[default]
    Error,
}

impl FailOn {
    /// As it is written.
    pub const NAMES: [(&'static str, FailOn); 3] = [
        ("error", FailOn::Error),
        ("warning", FailOn::Warning),
        ("never", FailOn::Never),
    ];

    /// Whether a run with these findings fails.
    pub fn fails(self, found: &[Diagnostic]) -> bool {
        found.iter().any(|d| match self {
            FailOn::Never => false,
            FailOn::Warning => true,
            FailOn::Error => d.severity == Severity::Error,
        })
    }
}

/// What is looked for in source code.
#[derive(Debug, Clone, Default)]
pub struct CodeRefsPolicy {
    /// Where, from the directory of the configuration.
    pub paths: Vec<PathBuf>,
    /// Calls that name a flag, besides those that are known.
    pub patterns: Vec<CallPattern>,
    /// Globs of files that are left out.
    pub ignore: Vec<String>,
}

impl LintPolicy {
    /// Gives a finding the severity that is wanted; `false` if it is not wanted. An error of loading stays what it is.
    pub fn apply_severity(&self, diagnostic: &mut Diagnostic) -> bool {
        if diagnostic.code.is_reported_at_load() && diagnostic.severity == Severity::Error {
            return true;
        }
        match self.severity_override(diagnostic.code) {
            Some(SeverityOverride::Off) => return false,
            Some(SeverityOverride::As(severity)) => diagnostic.severity = severity,
            None => {}
        }
        true
    }

    /// What becomes of a kind of finding, if that is not the usual.
    pub fn severity_override(&self, code: Code) -> Option<SeverityOverride> {
        let level = self
            .severity_overrides
            .iter()
            .rfind(|(known, _)| *known == code);
        level.map(|(_, level)| *level)
    }
}
