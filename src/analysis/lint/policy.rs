//! The lint policy: the configuration in `.flagrc.yaml`, `.flagrc.json` or `.flagrc.toml`.

pub mod lifecycle_field;
pub mod naming_convention;
mod parse;
pub mod setting_parser;

use std::path::PathBuf;

use crate::analysis::code_refs::call_pattern::CallPattern;
use crate::analysis::lint::policy::lifecycle_field::LifecycleField;
use crate::analysis::lint::policy::naming_convention::NamingConvention;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::Severity;

/// The lint policy. The default applies without a configuration.
#[derive(Debug, Clone, Default)]
pub struct LintPolicy {
    /// Flag files, directories or globs, relative to the directory of the configuration.
    pub flag_paths: Vec<PathBuf>,
    /// The flag service whose flags code may name, in addition to those of files.
    pub service: Option<FlagServiceLocation>,
    /// The naming policy of flag keys.
    pub naming: Option<NamingPolicy>,
    /// The lifecycle fields that every flag must have.
    pub required_lifecycle_fields: Vec<LifecycleField>,
    /// The origins that URLs in variants may have; empty allows all.
    pub allowed_origins: Vec<String>,
    /// The attributes that callers send; empty if unknown.
    pub known_attributes: Vec<String>,
    /// Additional names of rings.
    pub rings: Vec<String>,
    /// The severities that differ from the default.
    pub severity_overrides: Vec<(Code, SeverityOverride)>,
    /// The minimum severity that fails a run.
    pub fail_on: FailOn,
    /// The path of the baseline.
    pub baseline: Option<PathBuf>,
    /// The search for flag keys in source code.
    pub code_refs: CodeRefsPolicy,
    /// The current day, counted from 1970-01-01.
    pub today: i64,
}

/// The flag service whose flags code may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagServiceLocation {
    /// The address of its API.
    pub url: String,
    /// The environment; the only one if `None`.
    pub environment: Option<String>,
}

/// The naming policy of flag keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamingPolicy {
    /// The convention.
    pub convention: NamingConvention,
    /// The separator of parts that each follow the convention.
    pub separator: Option<char>,
    /// The number of parts that a key must have.
    pub parts: Option<u32>,
}

/// The severity that replaces the default of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeverityOverride {
    /// The finding is dropped.
    Off,
    /// The finding has this severity.
    As(Severity),
}

/// The minimum severity that fails a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailOn {
    /// No finding fails the run.
    Never,
    /// Warnings and errors fail the run.
    Warning,
    /// Errors fail the run.
    #[default]
    Error,
}

impl FailOn {
    /// All values with their names.
    pub const NAMES: [(&'static str, FailOn); 3] = [
        ("error", FailOn::Error),
        ("warning", FailOn::Warning),
        ("never", FailOn::Never),
    ];

    /// Returns true if a run with these findings fails.
    pub fn fails(self, found: &[Diagnostic]) -> bool {
        found.iter().any(|d| match self {
            FailOn::Never => false,
            FailOn::Warning => true,
            FailOn::Error => d.severity == Severity::Error,
        })
    }
}

/// The part of the policy for flag keys in source code.
#[derive(Debug, Clone, Default)]
pub struct CodeRefsPolicy {
    /// Source files and directories, relative to the directory of the configuration.
    pub paths: Vec<PathBuf>,
    /// Calls that name a flag, in addition to the built-in patterns.
    pub patterns: Vec<CallPattern>,
    /// Globs of files that are not scanned.
    pub ignore: Vec<String>,
}

impl LintPolicy {
    /// Overrides the severity of a finding; returns false if it is off. An error of loading keeps its severity.
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

    /// The override of a code's severity, if there is one.
    pub fn severity_override(&self, code: Code) -> Option<SeverityOverride> {
        let level = self
            .severity_overrides
            .iter()
            .rfind(|(known, _)| *known == code);
        level.map(|(_, level)| *level)
    }
}
