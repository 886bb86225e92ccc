//! `flagctl refs`: flag keys in source code, against the flag files.

mod tree;

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::cli::flagrc;
use crate::cli::lint;
use crate::cli::lint::Findings;
use crate::cli::lint::Telling;
use crate::cli::refs::tree::Found;
use crate::cli::said::Said;
use crate::diag;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::Report;
use crate::document;
use crate::document::flag::Flag;
use crate::study::file::File;
use crate::study::lint::lifecycle;
use crate::study::lint::policy::Policy;
use crate::study::refs::Search;
use crate::study::refs::pattern;
use crate::study::refs::pattern::Pattern;

/// The arguments of `refs`.
#[derive(Debug, Default, clap::Args)]
pub struct Arguments {
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
    telling: Telling,
}

/// Runs the command.
///
/// # Errors
/// If there are no flag files, or a pattern cannot be understood.
pub fn run(arguments: &Arguments) -> anyhow::Result<Said> {
    let (mut policy, mut found) = flagrc::read(&arguments.telling.policy)?;
    if !arguments.paths.is_empty() {
        policy.refs.paths.clone_from(&arguments.paths);
    }
    let files = lint::read(&arguments.flags, &policy)?;
    let mut patterns = patterns(&policy);
    for text in &arguments.pattern {
        let pattern = Pattern::parse(text);
        patterns
            .push(pattern.with_context(|| format!("`{text}` is no pattern: write `name(KEY)`"))?);
    }
    let uses = search(&files, &policy, &patterns)?;
    if arguments.list {
        let line = |(file, place, key): (&str, diag::Place, &str)| {
            format!("{file}:{}:{}: {key}\n", place.line, place.column)
        };
        return Ok(Said::data(uses.all().map(line).collect()));
    }
    found.extend(check(&files, &uses, &policy));
    let findings = Findings {
        told: found,
        ignored: 0,
    };
    arguments.telling.tell(&files, &policy, findings)
}

/// The patterns that are known, and those of the configuration.
pub fn patterns(policy: &Policy) -> Vec<Pattern> {
    let own = policy.refs.patterns.iter().cloned();
    pattern::known().into_iter().chain(own).collect()
}

/// What was found in a tree of source code.
#[derive(Debug)]
pub struct Uses {
    found: Vec<Found>,
    /// Keys that stand in no file.
    unused: HashSet<String>,
}

impl Uses {
    fn all(&self) -> impl Iterator<Item = (&str, diag::Place, &str)> {
        self.found.iter().flat_map(|found| {
            let uses = found.uses.iter();
            uses.map(move |(place, key)| (&*found.file, *place, &**key))
        })
    }
}

/// Looks for the flags of `files` in source code.
///
/// # Errors
/// If a path does not exist, or a glob cannot be understood.
pub fn search(files: &[File], policy: &Policy, patterns: &[Pattern]) -> anyhow::Result<Uses> {
    let mut keys: Vec<&str> = flags(files)
        .map(|(_, flag)| &*flag.key)
        .filter(|key| !key.is_empty())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let search = Search::new(patterns, &keys).context("too many flags to look for")?;
    let here = [PathBuf::from(".")];
    let paths = if policy.refs.paths.is_empty() {
        &here[..]
    } else {
        &policy.refs.paths
    };
    let found = tree::scan(paths, &policy.refs.ignore, &search)?;
    let unused = search.unused().filter_map(|at| keys.get(at));
    let unused = unused.map(|key| (*key).to_owned()).collect();
    Ok(Uses { found, unused })
}

fn flags(files: &[File]) -> impl Iterator<Item = (&File, &Flag)> {
    files
        .iter()
        .flat_map(|file| file.flags.iter().map(move |flag| (file, &**flag)))
}

/// What is wrong with the uses of flags, and with flags that have none. Flag files that cannot be read are told first:
/// without them nothing is known.
pub fn check(files: &[File], uses: &Uses, policy: &Policy) -> Vec<Diagnostic> {
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
    for subject in files.iter().flat_map(File::subjects) {
        let archived = lifecycle::is_archived(&subject);
        *known.entry(&*subject.flag.key).or_insert(true) &= archived;
    }
    for found in &uses.found {
        told.extend(judge(found, &known));
    }
    let mut reported = HashSet::new();
    for (file, flag) in flags(files) {
        if uses.unused.contains(&*flag.key) && reported.insert(&*flag.key) {
            let mut report = Report::new(file.name.clone());
            let message = format!("no source code names flag `{}`", flag.key);
            let help = "remove it, if nothing else asks for it";
            report.warn(Code::UnusedFlag, flag.place, message, help);
            told.extend(report.finish());
        }
    }
    told.retain_mut(|diagnostic| policy.judge(diagnostic));
    told
}

/// What is wrong in one source file; whether each flag that is known is archived.
fn judge(found: &Found, known: &BTreeMap<&str, bool>) -> Vec<Diagnostic> {
    let mut report = Report::new(found.file.as_str().into());
    for (place, key) in &found.uses {
        match known.get(&**key) {
            Some(false) => {}
            Some(true) => {
                let message = format!("flag `{key}` is archived");
                let help = "write its final value into the code, then remove the flag";
                report.error(Code::ArchivedFlag, *place, message, help);
            }
            None => {
                let help = match diag::nearest(key, known.keys().copied()) {
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
