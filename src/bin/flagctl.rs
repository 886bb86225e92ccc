//! `flagctl`: what people and CI ask about flag files.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use fanion::cli;
use fanion::cli::eval::Arguments;
use fanion::cli::lint;
use fanion::cli::said;

/// Answers questions about flag files.
#[derive(Debug, clap::Parser)]
#[command(name = "flagctl", version)]
enum Command {
    /// Evaluates a flag for a context, without a server. Exits with 1 if the flag has no answer.
    Eval(Arguments),
    /// Tells what is wrong with flag files. Exits with 1 if there are errors.
    Lint(Box<lint::Arguments>),
}

fn main() -> ExitCode {
    match Command::try_parse() {
        Ok(Command::Eval(arguments)) => eval(&arguments),
        Ok(Command::Lint(arguments)) => said::finish(lint::run(&arguments)),
        Err(error) => said::usage(&error),
    }
}

#[expect(clippy::print_stderr, reason = "this is the command line")]
fn eval(arguments: &Arguments) -> ExitCode {
    match cli::eval::run(arguments) {
        Ok(outcome) => {
            outcome.diagnostics.iter().for_each(|d| eprintln!("{d}"));
            if let Err(error) = writeln!(std::io::stdout(), "{}", outcome.answer) {
                return cli::finish(Err(vec![format!("cannot print the answer: {error}")]));
            }
            if outcome.answered {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => cli::finish(Err(vec![format!("{error:#}")])),
    }
}
