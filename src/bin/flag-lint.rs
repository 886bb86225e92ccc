//! `flag-lint`: flag files and the code that asks for flags, checked in one run.

use std::process::ExitCode;

use clap::Parser as _;
use fanion::cli::check;
use fanion::cli::said;

/// Checks flag files, and the code that asks for flags.
#[derive(Debug, clap::Parser)]
#[command(name = "flag-lint", version)]
enum Command {
    /// Tells what is wrong. Exits with 1 if there are errors.
    Check(Box<check::CheckArgs>),
}

fn main() -> ExitCode {
    match Command::try_parse() {
        Ok(Command::Check(arguments)) => said::print_result(check::run(&arguments)),
        Err(error) => said::print_clap_error(&error),
    }
}
