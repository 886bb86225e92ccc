//! `flag-lint`: flag files and the code that asks for flags, checked in one run.

use std::process::ExitCode;

use clap::Parser as _;
use fanion::cli::flag_lint;
use fanion::cli::output::command_output;

/// Checks flag files, and the code that asks for flags.
#[derive(Debug, clap::Parser)]
#[command(name = "flag-lint", version)]
enum Command {
    /// Tells what is wrong. Exits with 1 if there are errors.
    Check(Box<flag_lint::CheckArgs>),
}

fn main() -> ExitCode {
    match Command::try_parse() {
        Ok(Command::Check(arguments)) => command_output::print_result(flag_lint::run(&arguments)),
        Err(error) => command_output::print_clap_error(&error),
    }
}
