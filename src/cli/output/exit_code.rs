//! Exit codes of the commands, and the errors that are printed before them.
//!
//! `fanion` exits with 0 or 1. `flagctl` and `flag-lint` exit with 0 for success, 1 for findings or a missing flag,
//! and 2 for a usage or I/O error.

use std::io;
use std::io::Write as _;
use std::process::ExitCode;

use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::message::Message;
use crate::cli::output::stdout;
use crate::cli::output::terminal_args::TerminalArgs;

/// The exit code of `flagctl` and `flag-lint` after an error: invalid arguments, or files that cannot be read.
pub const EXIT_ERROR: u8 = 2;

/// Prints errors to standard error, one line each. Returns 0 if there are none, else 1.
pub fn report_errors(result: Result<(), Vec<String>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(errors) => {
            for error in errors {
                print_line(&format!("error: {error}"));
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
pub fn print_result(result: anyhow::Result<CommandOutput>, terminal: TerminalArgs) -> ExitCode {
    let output = match result {
        Ok(output) => output,
        Err(error) => return print_error(&format!("{error:#}"), terminal),
    };
    // The summary of a run is in the messages, and comes last.
    let written = stdout::write(output.stdout.as_bytes());
    let palette = terminal.stderr_palette();
    let shown = |message: &&Message| !terminal.quiet || message.is_error();
    for message in output.stderr.iter().filter(shown) {
        print_line(&message.render(palette));
    }
    match written {
        // A closed pipe is not an error: `head` closes it after the requested lines.
        Err(error) if !error.is_broken_pipe() => print_error(&error.to_string(), terminal),
        _ if output.success => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Prints each line of an error as a message. Returns 2.
fn print_error(error: &str, terminal: TerminalArgs) -> ExitCode {
    for line in error.lines() {
        let message = Message::Error(line.to_owned());
        print_line(&message.render(terminal.stderr_palette()));
    }
    ExitCode::from(EXIT_ERROR)
}

/// Prints a line to standard error. The exit code reports the error even if nobody reads the line.
fn print_line(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
