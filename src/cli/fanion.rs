//! The command line of `fanion`: `start`, `control`, `healthcheck`, `version` and `completions`.

mod control_program;
pub mod healthcheck;
pub mod options;
mod register_metrics;
pub mod start;
mod unknown_argument;

use clap::Arg;
use clap::ArgMatches;
use clap::Command;
use clap::value_parser;
use clap_complete::Shell;

use crate::cli::heap_release::ReleaseHeap;
use crate::cli::output::completions;
use crate::cli::output::stdout;
use crate::cli::version;

/// All commands and their arguments.
pub fn command() -> Command {
    let shell = Arg::new("shell")
        .value_parser(value_parser!(Shell))
        .required(true);
    Command::new("fanion")
        .about("Feature-flag sidecar: evaluates OpenFeature flags next to the application")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(options::options_before_subcommand())
        .subcommand(options::add_options(
            Command::new("start").about("Watch flag sources and serve evaluations"),
        ))
        .subcommand(control_program::command())
        .subcommand(healthcheck::command())
        .subcommand(
            Command::new("version")
                .about("Print the version, the commit and the time of the build"),
        )
        .subcommand(
            Command::new("completions")
                .alias("completion")
                .about("Print the completion script of a shell")
                .arg(shell),
        )
}

/// Parses the arguments of this process.
///
/// # Errors
/// If an argument is invalid, and for `--help` and `--version`.
pub fn parse_args() -> Result<ArgMatches, clap::Error> {
    command().try_get_matches().map_err(|error| {
        let arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
        unknown_argument::add_suggestion(error, &arguments.collect::<Vec<_>>())
    })
}

/// Runs the command. `release_heap` is for a process that runs for long.
///
/// # Errors
/// The messages for standard error.
pub fn run(matches: &ArgMatches, release_heap: ReleaseHeap) -> Result<(), Vec<String>> {
    match matches.subcommand() {
        Some(("start", after)) => start::run(options::from_matches(matches, after), release_heap),
        Some(("control", after)) => control_program::run(after),
        Some(("healthcheck", after)) => healthcheck::run(matches, after),
        Some(("completions", matches)) => {
            let shell = matches.get_one::<Shell>("shell").copied();
            let script = shell.map(|shell| completions::script(shell, command()));
            stdout::write_or_message(&script.unwrap_or_default())
        }
        _ => stdout::write_or_message(version::version_line("fanion").as_bytes()),
    }
}
