//! Flag files, lint policies and findings as text.

use fanion::analysis::flag_file;
use fanion::analysis::flag_file::FlagFile;
use fanion::analysis::flag_file::RawFlagFile;
use fanion::analysis::lint;
use fanion::analysis::lint::flag::lifecycle;
use fanion::analysis::lint::policy::LintPolicy;
use fanion::analysis::lint::suppression::ignore_comment;
use fanion::diag::DiagnosticSink;
use fanion::document::yaml_parser;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;

use crate::support::temp_dir::TempDir;

pub fn pay_flag(percent: u32) -> String {
    format!(
        "flags:\n  pay:\n    state: ENABLED\n    variants: {{ 'on': true, 'off': false }}\n    defaultVariant: 'off'\n    targeting:\n      if:\n        - '==': [{{ var: country }}, DE]\n        - fractional: [['on', {percent}], ['off', {}]]\n        - 'off'\n",
        100 - percent
    )
}

pub fn directory_with_two_versions() -> TempDir {
    let directory = TempDir::new();
    directory.write("old.yaml", pay_flag(1));
    directory.write("new.yaml", pay_flag(5));
    directory
}

/// A policy from the text of `.flagrc.yaml`, with a fixed date.
pub fn lint_policy(text: &str) -> LintPolicy {
    let mut report = DiagnosticSink::new(".flagrc.yaml".into());
    let root = yaml_parser::parse(text, &mut report).expect("valid YAML");
    let policy = LintPolicy::from_node(&root, &mut report);
    assert_eq!(report.finish(), []);
    LintPolicy {
        today: lifecycle::parse_days_since_epoch("2026-11-21").expect("a date"),
        ..policy
    }
}

/// Files with these names and texts.
pub fn parse_files(texts: &[(&str, &str)]) -> Vec<FlagFile> {
    let text = |(name, text): &(&str, &str)| RawFlagFile {
        name: (*name).into(),
        bytes: Ok((*text).into()),
    };
    flag_file::parse_files(
        texts.iter().map(text).collect(),
        FractionalVersion::default(),
    )
}

/// The findings in a document: position, code and message.
pub fn findings(text: &str, policy: &LintPolicy) -> Vec<String> {
    let files = parse_files(&[("flags.yaml", text)]);
    let mut found = lint::check(&files, policy);
    ignore_comment::remove_ignored(&files, &mut found);
    let told = found.iter().map(|d| {
        let place = d.position;
        format!(
            "{}:{} {} {}",
            place.line,
            place.column,
            d.code.id(),
            d.message
        )
    });
    told.collect()
}

/// The findings for a flag with two variants and this rule.
pub fn findings_of_rule(rule: &str) -> Vec<String> {
    let flag = "variants: { \"on\": true, \"off\": false }\n    defaultVariant: \"off\"";
    let text = format!("flags:\n  f:\n    {flag}\n    targeting: {rule}\n");
    findings(&text, &lint_policy("{}"))
}

/// The help of the first finding with this code for a flag with two variants and this rule.
pub fn help_of_rule(rule: &str, code: &str) -> String {
    let flag = "variants: { \"on\": true, \"off\": false }\n    defaultVariant: \"off\"";
    let text = format!("flags:\n  f:\n    {flag}\n    targeting: {rule}\n");
    let found = lint::check(&parse_files(&[("flags.yaml", &text)]), &lint_policy("{}"));
    let found = found.into_iter().find(|found| found.code.id() == code);
    found.map(|found| found.help).unwrap_or_default()
}

pub fn assert_findings(rule: &str, want: &[&str]) {
    assert_eq!(findings_of_rule(rule), want, "{rule}");
}

/// The findings with one of `codes` in several files: file, position, code and message.
pub fn findings_with_codes(texts: &[(&str, &str)], codes: &[&str]) -> Vec<String> {
    let found = lint::check(&parse_files(texts), &lint_policy("{}"));
    let found = found.iter().filter(|d| codes.contains(&d.code.id()));
    found
        .map(|d| {
            let (place, code) = (d.position, d.code.id());
            format!(
                "{}:{}:{} {code} {}",
                d.file, place.line, place.column, d.message
            )
        })
        .collect()
}

pub const API: &str = "flags:\n  api:\n    variants: { \"on\": 1, \"off\": 0 }\n    defaultVariant: \"off\"\n    \
                   targeting: { if: [{ \"==\": [{ var: c }, DE] }, \"on\"] }\n";

pub const BUTTON: &str = "flags:\n  button:\n    variants: { \"on\": 1, \"off\": 0 }\n    defaultVariant: \"off\"\n    \
                      requires: [{ flag: api, variant: \"on\" }]\n    rollout: { variant: \"on\", percentage: 5 }\n";
