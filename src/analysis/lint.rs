//! The linter: runs all lints over flag files, and applies the severities of the policy.
//!
//! One file per lint, each a function from a flag or a file to diagnostics. Loading reports syntax and type
//! errors; these lints need the whole flag, all flags, or the policy.

pub mod code_references;
pub mod flag;
pub mod policy;
pub mod suppression;
pub mod targeting;
pub mod url_origin;

use std::collections::HashSet;

use crate::analysis::flag_file::FlagFile;
use crate::analysis::flag_file::flag_view::FlagView;
use crate::analysis::lint::flag::duplicate_definition;
use crate::analysis::lint::flag::flag_per_ring;
use crate::analysis::lint::flag::key_naming;
use crate::analysis::lint::flag::lifecycle;
use crate::analysis::lint::flag::lossy_scalar;
use crate::analysis::lint::flag::metadata_value;
use crate::analysis::lint::flag::missing_variants;
use crate::analysis::lint::flag::rollout_growth;
use crate::analysis::lint::flag::unquoted_boolean;
use crate::analysis::lint::flag::variant_url;
use crate::analysis::lint::policy::LintPolicy;
use crate::analysis::lint::policy::SeverityOverride;
use crate::analysis::lint::targeting::absent_attribute;
use crate::analysis::lint::targeting::bucketing_key;
use crate::analysis::lint::targeting::condition_causes;
use crate::analysis::lint::targeting::condition_causes::ReportedConditions;
use crate::analysis::lint::targeting::constant_rule;
use crate::analysis::lint::targeting::shared_bucket;
use crate::analysis::lint::targeting::single_share;
use crate::analysis::lint::targeting::unknown_attribute;
use crate::analysis::lint::targeting::unknown_attribute::AttributeUsage;
use crate::analysis::lint::targeting::unreachable_branch;
use crate::analysis::lint::targeting::visit;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::diag::Severity;

/// All findings in `files`: the diagnostics of loading, and those of lints. Sorted by file, position and code.
pub fn check(files: &[FlagFile], policy: &LintPolicy) -> Vec<Diagnostic> {
    let usage = AttributeUsage::from_files(files);
    let mut found = Vec::new();
    for file in files {
        let mut report = DiagnosticSink::new(file.name.clone());
        let mut reported = ReportedConditions::new();
        for subject in file.flag_views() {
            reported.extend(check_flag(file, &subject, &usage, policy, &mut report));
        }
        lossy_scalar::check(file, &mut report);
        unquoted_boolean::check(file, &mut report);
        metadata_value::check(file, &mut report);
        // The slowest lint: skipped if its code is off.
        if policy.severity_override(Code::UnreachableBranch) != Some(SeverityOverride::Off) {
            unreachable_branch::check(file, &reported, &mut report);
        }
        found.extend(file.diagnostics.iter().cloned());
        found.extend(report.finish());
    }
    found.extend(flag_per_ring::check(files, policy));
    found.extend(duplicate_definition::check(files));
    let rank = |name: &str| files.iter().position(|file| *file.name == *name);
    drop_consequences(&mut found);
    found.sort_by_cached_key(|d| (rank(&d.file), d.position, d.code, d.message.clone()));
    found.dedup();
    found.retain_mut(|diagnostic| policy.apply_severity(diagnostic));
    found
}

/// Checks one flag; returns the conditions whose consequences are left out.
fn check_flag(
    file: &FlagFile,
    subject: &FlagView<'_>,
    usage: &AttributeUsage,
    policy: &LintPolicy,
    report: &mut DiagnosticSink,
) -> ReportedConditions {
    key_naming::check(subject, policy, report);
    lifecycle::check(subject, policy, report);
    variant_url::check(subject, policy, report);
    missing_variants::check(file, subject, report);
    if subject.flag.error_code.is_some() {
        return ReportedConditions::new();
    }
    unknown_attribute::check(subject, usage, policy, report);
    let reported = condition_causes::check(subject, usage, report);
    absent_attribute::check(subject, &reported, report);
    bucketing_key::check(subject, report);
    rollout_growth::check(subject, report);
    shared_bucket::check(subject, report);
    let is_split = single_share::check(subject, report);
    if reported.is_empty() && !visit::is_faulty(subject) && !is_split {
        constant_rule::check(subject, report);
    }
    reported
}

/// Drops the errors of an operation whose operator is a YAML tag: its arguments are then a list.
fn drop_consequences(found: &mut Vec<Diagnostic>) {
    let of_tag = found
        .iter()
        .filter(|d| d.code == Code::Tag && d.severity == Severity::Error);
    let places: HashSet<_> = of_tag.map(|d| (d.file.clone(), d.position)).collect();
    found.retain(|d| {
        let is_consequence = matches!(
            d.code,
            Code::Rule | Code::UnknownVariant | Code::ConstantCondition
        );
        !is_consequence || !places.contains(&(d.file.clone(), d.position))
    });
}

/// The numbers of errors and warnings.
pub fn count_errors_and_warnings(found: &[Diagnostic]) -> (usize, usize) {
    let errors = found.iter().filter(|d| d.severity == Severity::Error);
    let errors = errors.count();
    (errors, found.len() - errors)
}
