//! `.flagrc.yaml`, `.flagrc.json` or `.flagrc.toml`: what a project wants of its flags.

use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::analysis::lint::flag::lifecycle;
use crate::analysis::lint::policy::LintPolicy;
use crate::config::file;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::number;
use crate::resolve::system_clock;

const FILE_NAMES: [&str; 4] = [
    ".flagrc.yaml",
    ".flagrc.yml",
    ".flagrc.json",
    ".flagrc.toml",
];

/// Where the configuration is, and which day it is.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub struct FlagrcArgs {
    /// The configuration; without it `.flagrc.{yaml,json,toml}` in this directory or above.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Judge what has expired as of this day, instead of today.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_date)]
    today: Option<i64>,
}

fn parse_date(text: &str) -> Result<i64, &'static str> {
    lifecycle::parse_days_since_epoch(text)
        .filter(|_| text.len() == 10)
        .ok_or("must be a date such as 2026-09-01")
}

/// The configuration, with what is wrong in it. Its paths are as seen from the working directory.
///
/// # Errors
/// If there is none where one was named, or it cannot be read.
pub fn read_policy(arguments: &FlagrcArgs) -> anyhow::Result<(LintPolicy, Vec<Diagnostic>)> {
    let path = match &arguments.config {
        Some(path) => Some(path.clone()),
        None => {
            find_config_file(&std::env::current_dir().context("cannot tell the working directory")?)
        }
    };
    let (mut policy, found) = match &path {
        None => (LintPolicy::default(), Vec::new()),
        Some(path) => read_policy_file(path)?,
    };
    policy.today = reference_time(arguments).div_euclid(86_400);
    Ok((policy, found))
}

/// The time that things are judged at, in seconds since 1970: now, or the beginning of the day that was named.
pub fn reference_time(arguments: &FlagrcArgs) -> i64 {
    let named = arguments.today.map(|day| day * 86_400);
    named.unwrap_or_else(|| number::truncate_to_i64(system_clock()))
}

/// The nearest configuration in `directory` or above.
fn find_config_file(directory: &Path) -> Option<PathBuf> {
    for (up, above) in directory.ancestors().enumerate() {
        let there = |name: &&&str| above.join(name).is_file();
        if let Some(name) = FILE_NAMES.iter().find(there) {
            // Shorter than the absolute path, and the same on every machine.
            return Some(Path::new(&"../".repeat(up)).join(name));
        }
    }
    None
}

fn read_policy_file(path: &Path) -> anyhow::Result<(LintPolicy, Vec<Diagnostic>)> {
    let name = path.to_string_lossy().into_owned();
    let mut report = DiagnosticSink::new(name.as_str().into());
    let root = file::read_node(path, &mut report);
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
