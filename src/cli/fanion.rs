//! The commands of `fanion`.

pub mod healthcheck;
pub mod options;
pub mod start;
mod unknown_argument;

use std::io::Write as _;

use clap::Arg;
use clap::ArgMatches;
use clap::Command;
use clap::value_parser;
use clap_complete::Shell;

/// All commands and their arguments.
pub fn command() -> Command {
    let shell = Arg::new("shell")
        .value_parser(value_parser!(Shell))
        .required(true);
    Command::new("fanion")
        .about("A feature-flag sidecar: evaluates OpenFeature flags beside the application")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(options::options_before_subcommand())
        .subcommand(options::add_options(
            Command::new("start").about("Watch flag sources and answer evaluations"),
        ))
        .subcommand(healthcheck::command())
        .subcommand(Command::new("version").about("Print the version"))
        .subcommand(
            Command::new("completions")
                .alias("completion")
                .about("Print what a shell needs to complete commands and options")
                .arg(shell),
        )
}

/// Reads the arguments of this process.
///
/// # Errors
/// What the argument parser found.
pub fn parse_args() -> Result<ArgMatches, clap::Error> {
    command().try_get_matches().map_err(|error| {
        let arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
        unknown_argument::add_suggestion(error, &arguments.collect::<Vec<_>>())
    })
}

/// Runs what was asked for.
///
/// # Errors
/// What keeps it from being done, a sentence each.
pub fn run(matches: &ArgMatches) -> Result<(), Vec<String>> {
    match matches.subcommand() {
        Some(("start", behind)) => start::run(options::from_matches(matches, behind)),
        Some(("healthcheck", behind)) => healthcheck::run(matches, behind),
        Some(("completions", matches)) => {
            let mut script = Vec::new();
            if let Some(shell) = matches.get_one::<Shell>("shell") {
                clap_complete::generate(*shell, &mut command(), "fanion", &mut script);
            }
            write_stdout(&script)
        }
        _ => write_stdout(version_line().as_bytes()),
    }
}

/// The version, in the form of `flagd version`.
fn version_line() -> String {
    let commit = option_env!("FANION_COMMIT").unwrap_or("dev");
    let date = option_env!("FANION_DATE").unwrap_or("unknown");
    let version = env!("CARGO_PKG_VERSION");
    format!("fanion: {version} ({commit}), built at: {date}\n")
}

/// Writes to standard output.
///
/// # Errors
/// If nobody takes it.
pub fn write_stdout(bytes: &[u8]) -> Result<(), Vec<String>> {
    let written = std::io::stdout().write_all(bytes);
    written.map_err(|error| vec![format!("cannot write to standard output: {error}")])
}
