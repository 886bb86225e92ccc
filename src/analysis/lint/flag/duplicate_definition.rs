//! Lint: a flag that two files define in one flag set. The definition in the later file replaces the other one.

use std::collections::HashMap;

use crate::analysis::flag_file::FlagFile;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::document::merge::FlagIdentity;
use crate::ruleset::CompiledFlag;

/// Reports each definition that replaces one of an earlier file: as an error if the two differ.
pub fn check(files: &[FlagFile]) -> Vec<Diagnostic> {
    let mut earlier: HashMap<FlagIdentity<'_>, (&FlagFile, &CompiledFlag)> = HashMap::new();
    let mut found = Vec::new();
    for file in files {
        let mut report = DiagnosticSink::new(file.name.clone());
        for flag in &file.compiled {
            let replaced = earlier.insert(flag.identity(), (file, flag));
            let Some((other, replaced)) = replaced else {
                continue;
            };
            if other.name != file.name {
                report_replacement(flag, replaced, &other.name, &mut report);
            } else if !std::ptr::eq(other, file) {
                report_other_document(flag, replaced, &mut report);
            }
        }
        found.extend(report.finish());
    }
    found
}

fn report_replacement(
    flag: &CompiledFlag,
    replaced: &CompiledFlag,
    other: &str,
    report: &mut DiagnosticSink,
) {
    let line = replaced.source_location.0.line;
    let key = &flag.key;
    let (position, code) = (flag.source_location.0, Code::DuplicateDefinition);
    if flag.fingerprint == replaced.fingerprint {
        let message = format!("flag `{key}` is defined a second time, equal to {other}:{line}");
        report.warn(code, position, message, "remove one of them");
    } else {
        let message = format!(
            "flag `{key}` is defined a second time, and replaces the other definition in {other}:{line}"
        );
        let help = "remove one of them, or give the files different flag set ids in `metadata`; lint files of different \
                    environments separately";
        report.error(code, position, message, help);
    }
}

/// Reports a definition in a second flag document of a file of Kubernetes manifests: the documents may be for different
/// sidecars.
fn report_other_document(
    flag: &CompiledFlag,
    replaced: &CompiledFlag,
    report: &mut DiagnosticSink,
) {
    let line = replaced.source_location.0.line;
    let key = &flag.key;
    let message = format!("flag `{key}` is also defined in the flag document with line {line}");
    let help = "a sidecar that reads both uses the later one; ignore this if no sidecar does";
    let position = flag.source_location.0;
    report.warn(Code::DuplicateDefinition, position, message, help);
}
