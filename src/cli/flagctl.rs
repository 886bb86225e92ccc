//! The command line of `flagctl`; each command is a module.

pub mod compile;
pub mod diff;
pub mod eval;
pub mod explain;
pub mod get;
pub mod lint;
pub mod list;
pub mod refs;
pub mod schema;

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::Parser as _;
use clap_complete::Shell;

use crate::cli::flagctl::compile::CompileArgs;
use crate::cli::flagctl::diff::DiffArgs;
use crate::cli::flagctl::eval::EvalArgs;
use crate::cli::flagctl::explain::ExplainArgs;
use crate::cli::flagctl::get::GetArgs;
use crate::cli::flagctl::lint::LintArgs;
use crate::cli::flagctl::list::ListArgs;
use crate::cli::flagctl::refs::RefsArgs;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::completions;
use crate::cli::output::exit_code;
use crate::cli::output::exit_code::EXIT_ERROR;

/// Answers questions about flags. Exits with 0 for yes, 1 for no, and 2 where there is no answer.
#[derive(Debug, clap::Parser)]
#[command(name = "flagctl", version)]
enum Command {
    /// Evaluates a flag for a context, without a server. Exits with 1 if the flag has no answer.
    Eval(EvalArgs),
    /// Tells how a flag comes to its answer, and what would have to change for another one. Exits with 1 if it has none.
    Explain(ExplainArgs),
    /// Tells who gets another answer after a change of flag files.
    Diff(DiffArgs),
    /// Tells what is wrong with flag files. Exits with 1 if there are errors.
    Lint(Box<LintArgs>),
    /// Finds the flags that source code asks for, and tells which of them are not there. Exits with 1 if one is not.
    Refs(Box<RefsArgs>),
    /// Prints the plain flagd document that flag files come to. Exits with 1 if there are errors.
    Compile(CompileArgs),
    /// Prints a flag, from files or from a running replica. Exits with 1 if there is none.
    Get(Box<GetArgs>),
    /// Lists all flags, from files or from a running replica.
    List(Box<ListArgs>),
    /// Prints the JSON Schema of flag files, for editors.
    Schema,
    /// Prints what a shell needs to complete commands and options.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// Parses the arguments of this process and runs the command.
pub fn main() -> ExitCode {
    match Command::try_parse() {
        Ok(command) => exit_code::print_result(run(command)),
        Err(error) => exit_code::print_clap_error(&error, ExitCode::from(EXIT_ERROR)),
    }
}

fn run(command: Command) -> anyhow::Result<CommandOutput> {
    match command {
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Refs(arguments) => refs::run(&arguments),
        Command::Compile(arguments) => compile::run(&arguments),
        Command::Get(arguments) => get::run(&arguments),
        Command::List(arguments) => list::run(&arguments),
        Command::Schema => Ok(CommandOutput::from_stdout(schema::render())),
        Command::Completions { shell } => {
            let script = completions::script(shell, Command::command());
            let script = String::from_utf8_lossy(&script).into_owned();
            Ok(CommandOutput::from_stdout(script))
        }
    }
}
