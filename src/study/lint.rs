//! What is wrong with flags that load: rules that cannot mean what they say, and customs that are not kept.
//!
//! One file per concern, each a function from a flag or a file to a report. Loading finds mistakes of form; what is found
//! here needs the whole flag, all flags, or the policy of whoever asks.

mod absent;
mod attribute;
pub mod baseline;
mod branch;
mod bucketing;
mod family;
pub mod ignore;
pub mod lifecycle;
pub mod naming;
pub mod pointer;
pub mod policy;
mod stuck;
mod url;
mod walk;

use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::diag::Severity;
use crate::study::file::FlagFile;
use crate::study::file::FlagView;
use crate::study::lint::attribute::AttributeUsage;
use crate::study::lint::policy::LintPolicy;
use crate::study::lint::policy::SeverityOverride;

/// All that is wrong with `files`: what loading said, and what is found beyond. Sorted by file, place and code.
pub fn check(files: &[FlagFile], policy: &LintPolicy) -> Vec<Diagnostic> {
    let usage = AttributeUsage::from_files(files);
    let mut found = Vec::new();
    for file in files {
        let mut report = DiagnosticSink::new(file.name.clone());
        for subject in file.flag_views() {
            check_flag(&subject, &usage, policy, &mut report);
        }
        // Nothing else takes as long.
        if policy.severity_override(Code::UnreachableBranch) != Some(SeverityOverride::Off) {
            branch::check(file, &mut report);
        }
        found.extend(file.diagnostics.iter().cloned());
        found.extend(report.finish());
    }
    found.extend(family::check(files, policy));
    let rank = |name: &str| files.iter().position(|file| *file.name == *name);
    found.sort_by_cached_key(|d| (rank(&d.file), d.position, d.code, d.message.clone()));
    found.dedup();
    found.retain_mut(|diagnostic| policy.apply_severity(diagnostic));
    found
}

fn check_flag(
    subject: &FlagView<'_>,
    usage: &AttributeUsage,
    policy: &LintPolicy,
    report: &mut DiagnosticSink,
) {
    naming::check(subject, policy, report);
    lifecycle::check(subject, policy, report);
    url::check(subject, policy, report);
    if subject.flag.error_code.is_some() {
        return;
    }
    attribute::check(subject, usage, policy, report);
    absent::check(subject, report);
    bucketing::check(subject, report);
    stuck::check(subject, report);
}

/// How many errors and warnings there are.
pub fn count_errors_and_warnings(found: &[Diagnostic]) -> (usize, usize) {
    let errors = found.iter().filter(|d| d.severity == Severity::Error);
    let errors = errors.count();
    (errors, found.len() - errors)
}
