//! `flag-lint check`: flag files and the code that asks for flags, in one run.

use std::path::PathBuf;

use crate::cli::flagctl::lint;
use crate::cli::flagctl::lint::Findings;
use crate::cli::flagctl::lint::ReportArgs;
use crate::cli::flagctl::refs;
use crate::cli::input::flagrc;
use crate::cli::output::command_output::CommandOutput;

/// The arguments of `check`.
#[derive(Debug, Default, clap::Args)]
pub struct CheckArgs {
    /// Source files and directories; those of the configuration, or this directory, if there are none.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How findings are told and what of them counts.
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs the command.
///
/// # Errors
/// If the configuration names no flag files.
pub fn run(arguments: &CheckArgs) -> anyhow::Result<CommandOutput> {
    let (mut policy, found) = flagrc::read_policy(&arguments.report.flagrc)?;
    if !arguments.paths.is_empty() {
        policy.code_refs.paths.clone_from(&arguments.paths);
    }
    let files = lint::read_flag_files(&[], &policy)?;
    let patterns = refs::call_patterns(&policy);
    let uses = refs::find_references(&files, &policy, &patterns)?;
    let mut findings = Findings::collect(&files, &policy, found);
    let more = refs::check(&files, &uses, &policy);
    // A file that cannot be read is told of once.
    let news = more
        .into_iter()
        .filter(|finding| !findings.diagnostics.contains(finding));
    let news: Vec<_> = news.collect();
    findings.diagnostics.extend(news);
    arguments.report.report_findings(&files, &policy, findings)
}
