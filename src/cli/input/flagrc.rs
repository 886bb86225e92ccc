//! `.flagrc.yaml`, `.flagrc.json` or `.flagrc.toml`: the lint policy of a project, and the paths of its flag files.

use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::analysis::flag_file;
use crate::analysis::flag_file::FlagFile;
use crate::analysis::lint::flag::lifecycle;
use crate::analysis::lint::policy::LintPolicy;
use crate::cli::input::files;
use crate::config::structured_file;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::number;
use crate::resolve::system_clock;
use crate::rule::bucketing::bucketing_value::FractionalVersion;

const FILE_NAMES: [&str; 4] = [
    ".flagrc.yaml",
    ".flagrc.yml",
    ".flagrc.json",
    ".flagrc.toml",
];

/// The arguments `--config` and `--today`.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub struct FlagrcArgs {
    /// Configuration file [default: the nearest .flagrc.{yaml,yml,json,toml} in this directory or above]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Date for expiry checks [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    today: Option<i64>,
}

fn parse_date(text: &str) -> Result<i64, &'static str> {
    lifecycle::parse_days_since_epoch(text)
        .filter(|_| text.len() == 10)
        .ok_or("must be a date such as 2026-09-01")
}

/// Reads the policy, with its diagnostics. Its paths are relative to the working directory.
///
/// # Errors
/// If the file that `--config` names cannot be read.
pub fn read_policy(arguments: &FlagrcArgs) -> anyhow::Result<(LintPolicy, Vec<Diagnostic>)> {
    let path = match &arguments.config {
        Some(path) => Some(path.clone()),
        None => find_config_file(
            &std::env::current_dir().context("cannot determine the working directory")?,
        ),
    };
    let (mut policy, found) = match &path {
        None => (LintPolicy::default(), Vec::new()),
        Some(path) => read_policy_file(path)?,
    };
    policy.today = reference_time(arguments).div_euclid(86_400);
    Ok((policy, found))
}

/// The reference time of expiry checks, in seconds since 1970: the beginning of `--today`, or else now.
pub fn reference_time(arguments: &FlagrcArgs) -> i64 {
    let named = arguments.today.map(|day| day * 86_400);
    named.unwrap_or_else(|| number::truncate_to_i64(system_clock()))
}

/// Parses the flag files of `paths`, or else of the configuration.
///
/// # Errors
/// If neither contains a path, or a directory or a glob has no flag files.
pub fn read_flag_files(paths: &[PathBuf], policy: &LintPolicy) -> anyhow::Result<Vec<FlagFile>> {
    let paths = if paths.is_empty() {
        &policy.flag_paths
    } else {
        paths
    };
    if paths.is_empty() {
        anyhow::bail!(
            "no flag files given: pass their paths, or set `flags: [flags]` in .flagrc.yaml"
        );
    }
    Ok(flag_file::parse_files(
        files::read_texts(paths)?,
        FractionalVersion::default(),
    ))
}

/// The same; none, if neither contains a path, and the configuration names a flag service.
///
/// # Errors
/// As of [`read_flag_files`].
pub fn read_flag_files_or_none(
    paths: &[PathBuf],
    policy: &LintPolicy,
) -> anyhow::Result<Vec<FlagFile>> {
    if paths.is_empty() && policy.flag_paths.is_empty() && policy.service.is_some() {
        return Ok(Vec::new());
    }
    read_flag_files(paths, policy)
}

/// The nearest configuration in `directory` or above.
fn find_config_file(directory: &Path) -> Option<PathBuf> {
    for (levels, ancestor) in directory.ancestors().enumerate() {
        let exists = |name: &&&str| ancestor.join(name).is_file();
        if let Some(name) = FILE_NAMES.iter().find(exists) {
            // Shorter than the absolute path, and the same on every machine.
            return Some(Path::new(&"../".repeat(levels)).join(name));
        }
    }
    None
}

fn read_policy_file(path: &Path) -> anyhow::Result<(LintPolicy, Vec<Diagnostic>)> {
    let name = path.to_string_lossy().into_owned();
    let mut report = DiagnosticSink::new(name.as_str().into());
    let root = structured_file::read_node(path, &mut report);
    let root =
        root.map_err(|why| anyhow::anyhow!("cannot read the configuration {name}: {why}"))?;
    let mut policy = root
        .map(|root| LintPolicy::from_node(&root, &mut report))
        .unwrap_or_default();
    let directory = path.parent().unwrap_or(Path::new(""));
    let paths = policy
        .flag_paths
        .iter_mut()
        .chain(&mut policy.code_refs.paths)
        .chain(&mut policy.baseline);
    for path in paths {
        *path = directory.join(&*path);
    }
    Ok((policy, report.finish()))
}
