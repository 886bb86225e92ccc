//! `flagctl refs`: lists the flag keys in source code, or checks them against the flag files.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::analysis::code_refs::call_pattern::CallPattern;
use crate::analysis::lint::code_references;
use crate::cli::input::flagrc;
use crate::cli::input::source_code;
use crate::cli::lint_report::Findings;
use crate::cli::lint_report::ReportArgs;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::position::format_position;

/// The arguments of `refs`.
#[derive(Debug, Default, clap::Args)]
pub struct RefsArgs {
    /// Source files and directories [default: `refs.paths` of the configuration, or this directory]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Flag files, directories or globs [default: `flags` of the configuration]
    #[arg(long, num_args = 1.., value_name = "PATH")]
    flags: Vec<PathBuf>,
    /// Also find this call, with KEY as the flag key, for example `flags.isOn(KEY)`.
    #[arg(long, value_name = "CALL")]
    pattern: Vec<String>,
    /// List all references to flags instead of the findings.
    #[arg(long)]
    list: bool,
    /// The options of the report.
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs the command.
///
/// # Errors
/// If there are no flag files, or a call pattern is invalid.
pub fn run(arguments: &RefsArgs) -> anyhow::Result<CommandOutput> {
    let (mut policy, mut diagnostics) = flagrc::read_policy(&arguments.report.flagrc)?;
    if !arguments.paths.is_empty() {
        policy.code_refs.paths.clone_from(&arguments.paths);
    }
    let files = flagrc::read_flag_files(&arguments.flags, &policy)?;
    let mut patterns = source_code::call_patterns(&policy);
    for text in &arguments.pattern {
        let pattern = CallPattern::parse(text);
        patterns.push(
            pattern.with_context(|| format!("invalid call pattern `{text}`: write `name(KEY)`"))?,
        );
    }
    let references = source_code::find_references(&files, &policy, &patterns)?;
    if arguments.list {
        let references = references.iter();
        let lines = references.map(|(file, position, key)| {
            let position = format_position(file, position);
            format!("{position}: {key}\n")
        });
        return Ok(CommandOutput::from_stdout(lines.collect()));
    }
    diagnostics.extend(code_references::check(&files, &references, &policy));
    let findings = Findings {
        diagnostics,
        suppressed: 0,
    };
    arguments.report.report_findings(&files, &policy, findings)
}
