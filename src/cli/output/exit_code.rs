//! Exit codes of the commands, and the errors that are printed before them.
//!
//! `fanion` exits with 0 or 1. `flagctl` and `flag-lint` exit with 0 for success, 1 for findings or a missing flag,
//! and 2 for a usage or I/O error.

use std::process::ExitCode;

use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::stdout;

/// The exit code of `flagctl` and `flag-lint` after an error: invalid arguments, or files that cannot be read.
pub const EXIT_ERROR: u8 = 2;

/// Prints errors to standard error, one line each. Returns 0 if there are none, else 1.
#[expect(clippy::print_stderr, reason = "this is the command line")]
pub fn report_errors(result: Result<(), Vec<String>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(errors) => {
            for error in errors {
                eprintln!("error: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Prints the message of the argument parser. Returns 0 for `--help` and `--version`, else `failure`.
pub fn print_clap_error(error: &clap::Error, failure: ExitCode) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() {
        failure
    } else {
        ExitCode::SUCCESS
    }
}

/// Prints the output of a command. Returns 0 for success, 1 for a negative result, and 2 after an error.
#[expect(clippy::print_stderr, reason = "this is the command line")]
pub fn print_result(result: anyhow::Result<CommandOutput>) -> ExitCode {
    let output = match result {
        Ok(output) => output,
        Err(error) => return report_error(format!("{error:#}")),
    };
    for line in &output.stderr {
        eprintln!("{line}");
    }
    match stdout::write(output.stdout.as_bytes()) {
        // A closed pipe is not an error: `head` closes it after the requested lines.
        Err(error) if !error.is_broken_pipe() => report_error(error.to_string()),
        _ if output.success => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn report_error(message: String) -> ExitCode {
    let _ = report_errors(Err(vec![message]));
    ExitCode::from(EXIT_ERROR)
}
