//! `flagctl refs`: flag keys in source code, against the flag files.

mod source_scan;

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::analysis::code_refs::ReferenceScanner;
use crate::analysis::code_refs::call_pattern;
use crate::analysis::code_refs::call_pattern::CallPattern;
use crate::analysis::flag_file::FlagFile;
use crate::analysis::lint::flag::lifecycle;
use crate::analysis::lint::policy::LintPolicy;
use crate::cli::flagctl::lint;
use crate::cli::flagctl::lint::Findings;
use crate::cli::flagctl::lint::ReportArgs;
use crate::cli::flagctl::refs::source_scan::FileReferences;
use crate::cli::input::flagrc;
use crate::cli::output::command_output::CommandOutput;
use crate::diag;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::document;
use crate::document::flag::FlagDefinition;

/// The arguments of `refs`.
#[derive(Debug, Default, clap::Args)]
pub struct RefsArgs {
    /// Source files and directories; those of the configuration, or this directory, if there are none.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Flag files, directories or globs; those of the configuration if there are none.
    #[arg(long, num_args = 1.., value_name = "PATH")]
    flags: Vec<PathBuf>,
    /// A call that names a flag, with KEY for the key, as in `flags.isOn(KEY)`; besides those of OpenFeature.
    #[arg(long, value_name = "CALL")]
    pattern: Vec<String>,
    /// List every place that asks for a flag, instead of what is wrong.
    #[arg(long)]
    list: bool,
    /// How findings are told and what of them counts.
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs the command.
///
/// # Errors
/// If there are no flag files, or a pattern cannot be understood.
pub fn run(arguments: &RefsArgs) -> anyhow::Result<CommandOutput> {
    let (mut policy, mut found) = flagrc::read_policy(&arguments.report.flagrc)?;
    if !arguments.paths.is_empty() {
        policy.code_refs.paths.clone_from(&arguments.paths);
    }
    let files = lint::read_flag_files(&arguments.flags, &policy)?;
    let mut patterns = call_patterns(&policy);
    for text in &arguments.pattern {
        let pattern = CallPattern::parse(text);
        patterns
            .push(pattern.with_context(|| format!("`{text}` is no pattern: write `name(KEY)`"))?);
    }
    let uses = find_references(&files, &policy, &patterns)?;
    if arguments.list {
        let line = |(file, place, key): (&str, diag::Position, &str)| {
            format!("{file}:{}:{}: {key}\n", place.line, place.column)
        };
        return Ok(CommandOutput::from_stdout(uses.iter().map(line).collect()));
    }
    found.extend(check(&files, &uses, &policy));
    let findings = Findings {
        diagnostics: found,
        suppressed: 0,
    };
    arguments.report.report_findings(&files, &policy, findings)
}

/// The patterns that are known, and those of the configuration.
pub fn call_patterns(policy: &LintPolicy) -> Vec<CallPattern> {
    let own = policy.code_refs.patterns.iter().cloned();
    call_pattern::sdk_patterns()
        .into_iter()
        .chain(own)
        .collect()
}

/// What was found in a tree of source code.
#[derive(Debug)]
pub struct CodeReferences {
    files: Vec<FileReferences>,
    /// Keys that stand in no file.
    unused_keys: HashSet<String>,
}

impl CodeReferences {
    fn iter(&self) -> impl Iterator<Item = (&str, diag::Position, &str)> {
        self.files.iter().flat_map(|found| {
            let uses = found.references.iter();
            uses.map(move |(place, key)| (&*found.file, *place, &**key))
        })
    }
}

/// Looks for the flags of `files` in source code.
///
/// # Errors
/// If a path does not exist, or a glob cannot be understood.
pub fn find_references(
    files: &[FlagFile],
    policy: &LintPolicy,
    patterns: &[CallPattern],
) -> anyhow::Result<CodeReferences> {
    let mut keys: Vec<&str> = all_flags(files)
        .map(|(_, flag)| &*flag.key)
        .filter(|key| !key.is_empty())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let search = ReferenceScanner::new(patterns, &keys).context("too many flags to look for")?;
    let here = [PathBuf::from(".")];
    let paths = if policy.code_refs.paths.is_empty() {
        &here[..]
    } else {
        &policy.code_refs.paths
    };
    let found = source_scan::scan(paths, &policy.code_refs.ignore, &search)?;
    let unused = search.unused_keys().filter_map(|at| keys.get(at));
    let unused = unused.map(|key| (*key).to_owned()).collect();
    Ok(CodeReferences {
        files: found,
        unused_keys: unused,
    })
}

fn all_flags(files: &[FlagFile]) -> impl Iterator<Item = (&FlagFile, &FlagDefinition)> {
    files
        .iter()
        .flat_map(|file| file.flags.iter().map(move |flag| (file, &**flag)))
}

/// What is wrong with the uses of flags, and with flags that have none. Flag files that cannot be read are told first:
/// without them nothing is known.
pub fn check(files: &[FlagFile], uses: &CodeReferences, policy: &LintPolicy) -> Vec<Diagnostic> {
    let mut told: Vec<Diagnostic> = Vec::new();
    for file in files.iter().filter(|file| file.flags.is_empty()) {
        told.extend(
            file.diagnostics
                .iter()
                .filter(|d| document::has_errors(std::slice::from_ref(d)))
                .cloned(),
        );
    }
    let mut known: BTreeMap<&str, bool> = BTreeMap::new();
    for subject in files.iter().flat_map(FlagFile::flag_views) {
        let archived = lifecycle::is_archived(&subject);
        *known.entry(&*subject.flag.key).or_insert(true) &= archived;
    }
    for found in &uses.files {
        told.extend(check_file(found, &known));
    }
    let mut reported = HashSet::new();
    for (file, flag) in all_flags(files) {
        if uses.unused_keys.contains(&*flag.key) && reported.insert(&*flag.key) {
            let mut report = DiagnosticSink::new(file.name.clone());
            let message = format!("no source code names flag `{}`", flag.key);
            let help = "remove it, if nothing else asks for it";
            report.warn(Code::UnusedFlag, flag.position, message, help);
            told.extend(report.finish());
        }
    }
    told.retain_mut(|diagnostic| policy.apply_severity(diagnostic));
    told
}

/// What is wrong in one source file; whether each flag that is known is archived.
fn check_file(found: &FileReferences, known: &BTreeMap<&str, bool>) -> Vec<Diagnostic> {
    let mut report = DiagnosticSink::new(found.file.as_str().into());
    for (place, key) in &found.references {
        match known.get(&**key) {
            Some(false) => {}
            Some(true) => {
                let message = format!("flag `{key}` is archived");
                let help = "write its final value into the code, then remove the flag";
                report.error(Code::ArchivedFlag, *place, message, help);
            }
            None => {
                let help = match diag::closest_match(key, known.keys().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => {
                        "callers get their own default; add the flag, or remove the call".to_owned()
                    }
                };
                report.error(
                    Code::UnknownFlag,
                    *place,
                    format!("there is no flag `{key}`"),
                    help,
                );
            }
        }
    }
    report.finish()
}
