//! `fanion`: the sidecar.

use std::process::ExitCode;

use clap::Parser as _;
use fanion::cli;
use fanion::cli::start::Options;

/// A feature-flag sidecar: evaluates `OpenFeature` flags beside the application.
#[derive(Debug, clap::Parser)]
#[command(name = "fanion", version)]
enum Command {
    /// Watches flag files and answers evaluations.
    Start(Box<Options>),
}

fn main() -> ExitCode {
    match Command::try_parse() {
        Ok(Command::Start(options)) => cli::finish(cli::start::run(*options)),
        Err(error) => cli::usage(&error),
    }
}
