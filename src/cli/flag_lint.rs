//! The command line of `flag-lint`; its only command `check` lints flag files and the source code that names flags.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::Parser as _;

use crate::analysis::lint::code_references;
use crate::cli::input::flagrc;
use crate::cli::input::source_code;
use crate::cli::input::source_code::flag_service;
use crate::cli::lint_report::Findings;
use crate::cli::lint_report::ReportArgs;
use crate::cli::output::color::Palette;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::exit_code;
use crate::cli::output::exit_code::EXIT_ERROR;
use crate::cli::output::terminal_args::TerminalArgs;

/// Lint flag files, and the source code that uses flags.
#[derive(Debug, clap::Parser)]
#[command(name = "flag-lint", version)]
struct FlagLintArguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    terminal: TerminalArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Report errors and likely mistakes. Exit status: 0 ok, 1 errors found, 2 usage or I/O error.
    Check(Box<CheckArgs>),
}

/// The arguments of `check`.
#[derive(Debug, Default, clap::Args)]
pub struct CheckArgs {
    /// Source files and directories, or - for standard input [default: `refs.paths` of .flagrc, or this
    /// directory]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The options of the report.
    #[command(flatten)]
    report: ReportArgs,
}

/// The command and its arguments.
pub fn definition() -> clap::Command {
    FlagLintArguments::command()
}

/// Parses the arguments of this process and runs the command.
pub fn main() -> ExitCode {
    match FlagLintArguments::try_parse() {
        Ok(arguments) => {
            let Command::Check(check_arguments) = &arguments.command;
            let output = check(check_arguments, arguments.terminal.stdout_palette());
            exit_code::print_result(output, arguments.terminal)
        }
        Err(error) => exit_code::print_clap_error(&error, ExitCode::from(EXIT_ERROR)),
    }
}

fn check(arguments: &CheckArgs, palette: Palette) -> anyhow::Result<CommandOutput> {
    let (mut policy, diagnostics) = flagrc::read_policy(&arguments.report.flagrc)?;
    if !arguments.paths.is_empty() {
        policy.code_refs.paths.clone_from(&arguments.paths);
    }
    let of_service = flag_service::read(&policy)?;
    let files = flagrc::read_flag_files_or_none(&[], &policy)?;
    let patterns = source_code::call_patterns(&policy);
    let references = source_code::find_references(&files, &policy, &patterns)?;
    let mut findings = Findings::collect(&files, &policy, diagnostics);
    // Both checks report a file that cannot be read.
    for finding in code_references::check(&files, &of_service, &references, &policy) {
        if !findings.diagnostics.contains(&finding) {
            findings.diagnostics.push(finding);
        }
    }
    arguments
        .report
        .report_findings(&files, &policy, findings, palette)
}
