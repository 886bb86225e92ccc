//! `flagctl`: what people and CI ask about flags.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::Parser as _;
use clap_complete::Shell;
use fanion::cli::flagctl::compile;
use fanion::cli::flagctl::diff;
use fanion::cli::flagctl::eval;
use fanion::cli::flagctl::explain;
use fanion::cli::flagctl::get;
use fanion::cli::flagctl::lint;
use fanion::cli::flagctl::refs;
use fanion::cli::flagctl::schema;
use fanion::cli::output::command_output;
use fanion::cli::output::command_output::CommandOutput;

/// Answers questions about flags. Exits with 0 for yes, 1 for no, and 2 where there is no answer.
#[derive(Debug, clap::Parser)]
#[command(name = "flagctl", version)]
enum Command {
    /// Evaluates a flag for a context, without a server. Exits with 1 if the flag has no answer.
    Eval(eval::EvalArgs),
    /// Tells how a flag comes to its answer, and what would have to change for another one. Exits with 1 if it has none.
    Explain(explain::ExplainArgs),
    /// Tells who gets another answer after a change of flag files.
    Diff(diff::DiffArgs),
    /// Tells what is wrong with flag files. Exits with 1 if there are errors.
    Lint(Box<lint::LintArgs>),
    /// Finds the flags that source code asks for, and tells which of them are not there. Exits with 1 if one is not.
    Refs(Box<refs::RefsArgs>),
    /// Prints the plain flagd document that flag files come to. Exits with 1 if there are errors.
    Compile(compile::CompileArgs),
    /// Prints a flag, from files or from a running replica. Exits with 1 if there is none.
    Get(Box<get::GetArgs>),
    /// Lists all flags, from files or from a running replica.
    List(Box<get::ListArgs>),
    /// Prints the JSON Schema of flag files, for editors.
    Schema,
    /// Prints what a shell needs to complete commands and options.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => return command_output::print_clap_error(&error),
    };
    command_output::print_result(match command {
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Refs(arguments) => refs::run(&arguments),
        Command::Compile(arguments) => compile::run(&arguments),
        Command::Get(arguments) => get::run(&arguments),
        Command::List(arguments) => get::list(&arguments),
        Command::Schema => Ok(CommandOutput::from_stdout(schema::render())),
        Command::Completions { shell } => Ok(completions(shell)),
    })
}

fn completions(shell: Shell) -> CommandOutput {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Command::command(), "flagctl", &mut script);
    CommandOutput::from_stdout(String::from_utf8_lossy(&script).into_owned())
}
