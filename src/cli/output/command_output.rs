//! What a command of `flagctl` has to say, and how that ends.

use std::io::Write as _;
use std::process::ExitCode;

use crate::cli;

/// What a command has to say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CommandOutput {
    /// For standard output: what was asked for, and nothing else.
    pub stdout: String,
    /// For standard error, a line each.
    pub stderr: Vec<String>,
    /// Whether the answer is yes: found, sound, known.
    pub success: bool,
}

impl CommandOutput {
    /// Plain data.
    pub fn from_stdout(data: String) -> CommandOutput {
        CommandOutput {
            stdout: data,
            stderr: Vec::new(),
            success: true,
        }
    }
}

/// The exit code of a question that could not be answered: wrong arguments, files that are not there.
pub const EXIT_ERROR: u8 = 2;

/// Reports what the argument parser found: asking for help is a question that can be answered.
pub fn print_clap_error(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { EXIT_ERROR } else { 0 })
}

/// Prints what a command says: exits with 0 for yes, 1 for no, 2 if there is no answer.
#[expect(clippy::print_stderr, reason = "this is the command line")]
pub fn print_result(said: anyhow::Result<CommandOutput>) -> ExitCode {
    let said = match said {
        Ok(said) => said,
        Err(error) => {
            let _ = cli::report_errors(Err(vec![format!("{error:#}")]));
            return ExitCode::from(EXIT_ERROR);
        }
    };
    for line in &said.stderr {
        eprintln!("{line}");
    }
    match std::io::stdout().write_all(said.stdout.as_bytes()) {
        // Whoever reads only the first lines has what they want.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            let _ = cli::report_errors(Err(vec![format!(
                "cannot write to standard output: {error}"
            )]));
            ExitCode::from(EXIT_ERROR)
        }
        _ if said.success => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
