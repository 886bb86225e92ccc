//! Source code that names flags: the call patterns to search for, and the references found.

pub mod flag_service;
pub mod scan;

use std::path::PathBuf;

use anyhow::Context as _;

use crate::analysis::code_refs::ReferenceScanner;
use crate::analysis::code_refs::call_pattern;
use crate::analysis::code_refs::call_pattern::CallPattern;
use crate::analysis::code_refs::code_references::CodeReferences;
use crate::analysis::flag_file::FlagFile;
use crate::analysis::lint::policy::LintPolicy;
use crate::cli::input::source_code::scan::scan;

/// The call patterns of the OpenFeature SDKs, and those of the configuration.
pub fn call_patterns(policy: &LintPolicy) -> Vec<CallPattern> {
    let configured = policy.code_refs.patterns.iter().cloned();
    call_pattern::sdk_patterns()
        .into_iter()
        .chain(configured)
        .collect()
}

/// Searches the source code that `policy` names, or the working directory, for the flags of `files`.
///
/// # Errors
/// If a path does not exist, or a glob is invalid.
pub fn find_references(
    files: &[FlagFile],
    policy: &LintPolicy,
    patterns: &[CallPattern],
) -> anyhow::Result<CodeReferences> {
    let flags = files.iter().flat_map(|file| &file.flags);
    let keys = flags.map(|flag| &*flag.key);
    let mut keys: Vec<&str> = keys.filter(|key| !key.is_empty()).collect();
    keys.sort_unstable();
    keys.dedup();
    let scanner = ReferenceScanner::new(patterns, &keys).context("too many flags to search for")?;
    let working_directory = [PathBuf::from(".")];
    let paths = if policy.code_refs.paths.is_empty() {
        &working_directory[..]
    } else {
        &policy.code_refs.paths
    };
    let files = scan(paths, &policy.code_refs.ignore, &scanner)?;
    let unused = scanner.unused_keys().filter_map(|at| keys.get(at));
    Ok(CodeReferences {
        files,
        unused_keys: unused.map(|key| (*key).to_owned()).collect(),
    })
}
