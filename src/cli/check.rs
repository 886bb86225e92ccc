//! `flag-lint check`: flag files and the code that asks for flags, in one run.

use std::path::PathBuf;

use crate::cli::flagrc;
use crate::cli::lint;
use crate::cli::lint::Findings;
use crate::cli::lint::Telling;
use crate::cli::refs;
use crate::cli::said::Said;

/// The arguments of `check`.
#[derive(Debug, Default, clap::Args)]
pub struct Arguments {
    /// Source files and directories; those of the configuration, or this directory, if there are none.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How findings are told and what of them counts.
    #[command(flatten)]
    telling: Telling,
}

/// Runs the command.
///
/// # Errors
/// If the configuration names no flag files.
pub fn run(arguments: &Arguments) -> anyhow::Result<Said> {
    let (mut policy, found) = flagrc::read(&arguments.telling.policy)?;
    if !arguments.paths.is_empty() {
        policy.refs.paths.clone_from(&arguments.paths);
    }
    let files = lint::read(&[], &policy)?;
    let patterns = refs::patterns(&policy);
    let uses = refs::search(&files, &policy, &patterns)?;
    let mut findings = Findings::of(&files, &policy, found);
    let more = refs::check(&files, &uses, &policy);
    // A file that cannot be read is told of once.
    let news = more
        .into_iter()
        .filter(|finding| !findings.told.contains(finding));
    let news: Vec<_> = news.collect();
    findings.told.extend(news);
    arguments.telling.tell(&files, &policy, findings)
}
