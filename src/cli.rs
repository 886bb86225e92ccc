//! What is typed: arguments, the environment, exit codes.

pub mod flag_lint;
pub mod fanion;
pub mod flagctl;
pub mod input;
pub mod output;

use std::process::ExitCode;

/// Ends a command: what went wrong goes to standard error, one line each.
#[expect(clippy::print_stderr, reason = "this is the command line")]
pub fn report_errors(outcome: Result<(), Vec<String>>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(mistakes) => {
            for mistake in mistakes {
                eprintln!("error: {mistake}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Reports what the argument parser found. Asking for help is no failure.
pub fn print_clap_error(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
