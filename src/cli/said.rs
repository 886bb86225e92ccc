//! What a command of `flagctl` has to say, and how that ends.

use std::io::Write as _;
use std::process::ExitCode;

use crate::cli;

/// What a command has to say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// For standard output: what was asked for, and nothing else.
    pub data: String,
    /// For standard error, a line each.
    pub talk: Vec<String>,
    /// Whether the answer is yes: found, sound, known.
    pub yes: bool,
}

impl Said {
    /// Plain data.
    pub fn data(data: String) -> Said {
        Said {
            data,
            talk: Vec::new(),
            yes: true,
        }
    }
}

/// The exit code of a question that could not be answered: wrong arguments, files that are not there.
pub const TROUBLE: u8 = 2;

/// Reports what the argument parser found: asking for help is a question that can be answered.
pub fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { TROUBLE } else { 0 })
}

/// Prints what a command says: exits with 0 for yes, 1 for no, 2 if there is no answer.
#[expect(clippy::print_stderr, reason = "this is the command line")]
pub fn finish(said: anyhow::Result<Said>) -> ExitCode {
    let said = match said {
        Ok(said) => said,
        Err(error) => {
            let _ = cli::finish(Err(vec![format!("{error:#}")]));
            return ExitCode::from(TROUBLE);
        }
    };
    for line in &said.talk {
        eprintln!("{line}");
    }
    match std::io::stdout().write_all(said.data.as_bytes()) {
        // Whoever reads only the first lines has what they want.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            let _ = cli::finish(Err(vec![format!(
                "cannot write to standard output: {error}"
            )]));
            ExitCode::from(TROUBLE)
        }
        _ if said.yes => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
