//! The command line of `flagctl`; each command is a module.

pub mod compile;
pub mod control;
pub mod diff;
pub mod eval;
pub mod evidence;
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
use crate::cli::flagctl::control::change;
use crate::cli::flagctl::control::change::EnvironmentChangeArgs;
use crate::cli::flagctl::control::change::FlagChangeArgs;
use crate::cli::flagctl::control::change::SyncArgs;
use crate::cli::flagctl::control::export;
use crate::cli::flagctl::control::export::ExportArgs;
use crate::cli::flagctl::control::kill;
use crate::cli::flagctl::control::kill::KillArgs;
use crate::cli::flagctl::control::log;
use crate::cli::flagctl::control::log::LogArgs;
use crate::cli::flagctl::control::replicas;
use crate::cli::flagctl::control::replicas::ReplicasArgs;
use crate::cli::flagctl::control::set;
use crate::cli::flagctl::control::set::SetArgs;
use crate::cli::flagctl::control::token;
use crate::cli::flagctl::control::token::TokenAction;
use crate::cli::flagctl::diff::DiffArgs;
use crate::cli::flagctl::eval::EvalArgs;
use crate::cli::flagctl::evidence::EvidenceArgs;
use crate::cli::flagctl::explain::ExplainArgs;
use crate::cli::flagctl::get::GetArgs;
use crate::cli::flagctl::lint::LintArgs;
use crate::cli::flagctl::list::ListArgs;
use crate::cli::flagctl::refs::RefsArgs;
use crate::cli::output::color::Palette;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::completions;
use crate::cli::output::exit_code;
use crate::cli::output::exit_code::EXIT_ERROR;
use crate::cli::output::terminal_args::TerminalArgs;
use crate::cli::version;

/// Evaluate, explain, compare and lint feature flags. Exit status: 0 ok, 1 findings or not found, 2 usage or I/O error.
#[derive(Debug, clap::Parser)]
#[command(name = "flagctl", version)]
struct FlagctlArguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    terminal: TerminalArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Evaluate a flag for a context, from files or by a running replica, and print the result. Exits with 1 if the
    /// evaluation fails.
    Eval(EvalArgs),
    /// Print the result of an evaluation, each condition with its values, and the changes that would lead to another
    /// result. Exits with 1 if the evaluation fails.
    Explain(ExplainArgs),
    /// Compare two versions of flag files and print the contexts whose result changes.
    Diff(DiffArgs),
    /// Report errors and likely mistakes in flag files. Exits with 1 if there are errors.
    Lint(Box<LintArgs>),
    /// Find flag keys in source code and report unknown, archived and unused flags. Exits with 1 if there are errors.
    Refs(Box<RefsArgs>),
    /// Compile flag files into one plain flagd document and print it. Exits with 1 if there are errors.
    Compile(CompileArgs),
    /// Print the definition of a flag, from files or from a running replica. Exits with 1 if it does not exist or is
    /// faulty.
    Get(Box<GetArgs>),
    /// Print all flags, from files or from a running replica, including faulty ones.
    List(Box<ListArgs>),
    /// Override the percentage, the rings or the lists of a rollout. Exits with 1 if the control plane refuses.
    Set(Box<SetArgs>),
    /// Serve the safe variant of a flag to all users, regardless of its rules. With --wait, return when every replica
    /// has applied the kill.
    Kill(Box<KillArgs>),
    /// End the kill of a flag.
    Restore(FlagChangeArgs),
    /// Pause a flag: refuse `set` and `restore`, and defer edits of its file until `resume`. A kill is still possible.
    Pause(FlagChangeArgs),
    /// End the pause of a flag.
    Resume(FlagChangeArgs),
    /// Pause all flags of an environment: refuse `set` and `restore`, and defer edits of files until `unfreeze`. A kill
    /// is still possible.
    Freeze(EnvironmentChangeArgs),
    /// End the freeze of an environment.
    Unfreeze(EnvironmentChangeArgs),
    /// Send the whole document again to all replicas.
    Sync(SyncArgs),
    /// Print the revision of each replica, starting with those that have not applied the newest revision. Exits with 1
    /// if there are such replicas.
    Replicas(ReplicasArgs),
    /// Print the last changes with their actor, time and reason.
    Log(Box<LogArgs>),
    /// Make, list and revoke tokens of the control plane.
    #[command(subcommand)]
    Token(TokenAction),
    /// Print the flag files with all overrides (percentages, rings, lists, kills) written into them.
    Export(ExportArgs),
    /// Judge a rollout by counts: try a test on recorded ones, plan it, simulate it.
    Evidence(EvidenceArgs),
    /// Print the JSON Schema of flag files, for editors.
    Schema,
    /// Print the version, the commit and the time of the build.
    Version,
    /// Print a shell completion script.
    Completions {
        /// Shell to generate the script for.
        shell: Shell,
    },
}

/// All commands and their arguments.
pub fn definition() -> clap::Command {
    FlagctlArguments::command()
}

/// Parses the arguments of this process and runs the command.
pub fn main() -> ExitCode {
    match FlagctlArguments::try_parse() {
        Ok(FlagctlArguments { command, terminal }) => {
            exit_code::print_result(run(command, terminal.stdout_palette()), terminal)
        }
        Err(error) => exit_code::print_clap_error(&error, ExitCode::from(EXIT_ERROR)),
    }
}

fn run(command: Command, palette: Palette) -> anyhow::Result<CommandOutput> {
    match command {
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Lint(arguments) => lint::run(&arguments, palette),
        Command::Refs(arguments) => refs::run(&arguments, palette),
        Command::Compile(arguments) => compile::run(&arguments),
        Command::Get(arguments) => get::run(&arguments),
        Command::List(arguments) => list::run(&arguments),
        Command::Set(arguments) => set::run(&arguments),
        Command::Kill(arguments) => kill::run(&arguments),
        Command::Restore(arguments) => change::change_flag(&arguments, "restore"),
        Command::Pause(arguments) => change::change_flag(&arguments, "pause"),
        Command::Resume(arguments) => change::change_flag(&arguments, "resume"),
        Command::Freeze(arguments) => change::change_environment(&arguments, "freeze"),
        Command::Unfreeze(arguments) => change::change_environment(&arguments, "unfreeze"),
        Command::Sync(arguments) => change::change_environment(&arguments.change, "sync"),
        Command::Replicas(arguments) => replicas::run(&arguments),
        Command::Log(arguments) => log::run(&arguments),
        Command::Token(action) => token::run(&action),
        Command::Export(arguments) => export::run(&arguments),
        Command::Evidence(arguments) => evidence::run(&arguments),
        Command::Schema => Ok(CommandOutput::from_stdout(schema::render())),
        Command::Version => Ok(CommandOutput::from_stdout(version::version_line("flagctl"))),
        Command::Completions { shell } => {
            let script = completions::script(shell, definition());
            let script = String::from_utf8_lossy(&script).into_owned();
            Ok(CommandOutput::from_stdout(script))
        }
    }
}
