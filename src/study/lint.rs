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
use crate::diag::Report;
use crate::diag::Severity;
use crate::study::file::File;
use crate::study::file::Subject;
use crate::study::lint::attribute::Usage;
use crate::study::lint::policy::Level;
use crate::study::lint::policy::Policy;

/// All that is wrong with `files`: what loading said, and what is found beyond. Sorted by file, place and code.
pub fn check(files: &[File], policy: &Policy) -> Vec<Diagnostic> {
    let usage = Usage::of(files);
    let mut found = Vec::new();
    for file in files {
        let mut report = Report::new(file.name.clone());
        for subject in file.subjects() {
            examine(&subject, &usage, policy, &mut report);
        }
        // Nothing else takes as long.
        if policy.level(Code::Unreached) != Some(Level::Off) {
            branch::check(file, &mut report);
        }
        found.extend(file.diagnostics.iter().cloned());
        found.extend(report.finish());
    }
    found.extend(family::check(files, policy));
    let rank = |name: &str| files.iter().position(|file| *file.name == *name);
    found.sort_by_cached_key(|d| (rank(&d.file), d.place, d.code, d.message.clone()));
    found.dedup();
    found.retain_mut(|diagnostic| policy.judge(diagnostic));
    found
}

fn examine(subject: &Subject<'_>, usage: &Usage, policy: &Policy, report: &mut Report) {
    naming::check(subject, policy, report);
    lifecycle::check(subject, policy, report);
    url::check(subject, policy, report);
    if subject.flag.fault.is_some() {
        return;
    }
    attribute::check(subject, usage, policy, report);
    absent::check(subject, report);
    bucketing::check(subject, report);
    stuck::check(subject, report);
}

/// How many errors and warnings there are.
pub fn count(found: &[Diagnostic]) -> (usize, usize) {
    let errors = found.iter().filter(|d| d.severity == Severity::Error);
    let errors = errors.count();
    (errors, found.len() - errors)
}
