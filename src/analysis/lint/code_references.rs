//! Lints of flag keys in source code: unknown and archived flags, and flags that no code names.

use std::collections::BTreeMap;
use std::collections::HashSet;

use crate::analysis::code_refs::code_references::CodeReferences;
use crate::analysis::code_refs::code_references::FileReferences;
use crate::analysis::flag_file::FlagFile;
use crate::analysis::lint::flag::lifecycle;
use crate::analysis::lint::policy::LintPolicy;
use crate::diag;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::document;

/// Checks references against flag files and the flags of a service, and flags of files against references. Flag files
/// that cannot be read are reported first, because their flags count as unknown. Flags of a service may be used elsewhere.
pub fn check(
    files: &[FlagFile],
    of_service: &[FlagFile],
    references: &CodeReferences,
    policy: &LintPolicy,
) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    for file in files.iter().filter(|file| file.flags.is_empty()) {
        let errors = file.diagnostics.iter();
        let errors = errors.filter(|d| document::has_errors(std::slice::from_ref(d)));
        found.extend(errors.cloned());
    }
    let mut archived: BTreeMap<&str, bool> = BTreeMap::new();
    let known = files.iter().chain(of_service);
    for view in known.flat_map(FlagFile::flag_views) {
        *archived.entry(&*view.flag.key).or_insert(true) &= lifecycle::is_archived(&view);
    }
    for file in &references.files {
        found.extend(check_file(file, &archived));
    }
    found.extend(check_unused(files, references));
    found.retain_mut(|diagnostic| policy.apply_severity(diagnostic));
    found
}

/// Warns once about each flag whose key is not in the source code.
fn check_unused(files: &[FlagFile], references: &CodeReferences) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut reported = HashSet::new();
    for file in files {
        for flag in &file.flags {
            if !references.unused_keys.contains(&*flag.key) || !reported.insert(&*flag.key) {
                continue;
            }
            let mut report = DiagnosticSink::new(file.name.clone());
            let message = format!(
                "flag `{}` is unused: no source file contains its key",
                flag.key
            );
            let help = "remove the flag if nothing else uses it";
            report.warn(Code::UnusedFlag, flag.position, message, help);
            found.extend(report.finish());
        }
    }
    found
}

/// Checks the references in one source file. `archived` has all known keys, true for those of archived flags.
fn check_file(file: &FileReferences, archived: &BTreeMap<&str, bool>) -> Vec<Diagnostic> {
    let mut report = DiagnosticSink::new(file.file.as_str().into());
    for (position, key) in &file.references {
        match archived.get(&**key) {
            Some(false) => {}
            Some(true) => {
                let message = format!("flag `{key}` is archived");
                let help =
                    "replace the call with the final value of the flag, then remove the flag";
                report.error(Code::ArchivedFlag, *position, message, help);
            }
            None => {
                let message = format!("flag `{key}` is not defined");
                let help = diag::did_you_mean(key, archived.keys().copied(), || {
                    "the call always returns its default value; define the flag or remove the call"
                        .to_owned()
                });
                report.error(Code::UnknownFlag, *position, message, help);
            }
        }
    }
    report.finish()
}
