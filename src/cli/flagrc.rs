//! `.flagrc.yaml`, `.flagrc.json` or `.flagrc.toml`: what a project wants of its flags.

use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::config::file;
use crate::diag::Diagnostic;
use crate::diag::Report;
use crate::number;
use crate::resolve::system_clock;
use crate::study::lint::lifecycle;
use crate::study::lint::policy::Policy;

const NAMES: [&str; 4] = [
    ".flagrc.yaml",
    ".flagrc.yml",
    ".flagrc.json",
    ".flagrc.toml",
];

/// Where the configuration is, and which day it is.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub struct Arguments {
    /// The configuration; without it `.flagrc.{yaml,json,toml}` in this directory or above.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Judge what has expired as of this day, instead of today.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    today: Option<i64>,
}

fn day(text: &str) -> Result<i64, &'static str> {
    lifecycle::day(text)
        .filter(|_| text.len() == 10)
        .ok_or("must be a date such as 2026-09-01")
}

/// The configuration, with what is wrong in it. Its paths are as seen from the working directory.
///
/// # Errors
/// If there is none where one was named, or it cannot be read.
pub fn read(arguments: &Arguments) -> anyhow::Result<(Policy, Vec<Diagnostic>)> {
    let path = match &arguments.config {
        Some(path) => Some(path.clone()),
        None => find(&std::env::current_dir().context("cannot tell the working directory")?),
    };
    let (mut policy, found) = match &path {
        None => (Policy::default(), Vec::new()),
        Some(path) => load(path)?,
    };
    policy.today = now(arguments).div_euclid(86_400);
    Ok((policy, found))
}

/// The time that things are judged at, in seconds since 1970: now, or the beginning of the day that was named.
pub fn now(arguments: &Arguments) -> i64 {
    let named = arguments.today.map(|day| day * 86_400);
    named.unwrap_or_else(|| number::truncate(system_clock()))
}

/// The nearest configuration in `directory` or above.
fn find(directory: &Path) -> Option<PathBuf> {
    for (up, above) in directory.ancestors().enumerate() {
        let there = |name: &&&str| above.join(name).is_file();
        if let Some(name) = NAMES.iter().find(there) {
            // Shorter than the absolute path, and the same on every machine.
            return Some(Path::new(&"../".repeat(up)).join(name));
        }
    }
    None
}

fn load(path: &Path) -> anyhow::Result<(Policy, Vec<Diagnostic>)> {
    let name = path.to_string_lossy().into_owned();
    let mut report = Report::new(name.as_str().into());
    let root = file::read(path, &mut report);
    let root =
        root.map_err(|why| anyhow::anyhow!("cannot read the configuration {name}: {why}"))?;
    let mut policy = root
        .map(|root| Policy::read(&root, &mut report))
        .unwrap_or_default();
    let directory = path.parent().unwrap_or(Path::new(""));
    let paths = policy
        .flags
        .iter_mut()
        .chain(&mut policy.refs.paths)
        .chain(&mut policy.baseline);
    for path in paths {
        *path = directory.join(&*path);
    }
    Ok((policy, report.finish()))
}
