//! The command line of `fanion-control`: serves the control plane, and backs up and restores its store.

mod backup;
mod bootstrap_token;
mod options;
mod seen_replicas;
mod servers;
mod start;
mod stored_tokens;
mod sync_tokens;
mod webhooks;

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::Parser as _;

use crate::cli::fanion_control::backup::BackupArgs;
use crate::cli::fanion_control::backup::RestoreArgs;
use crate::cli::fanion_control::options::StartOptions;
use crate::cli::heap_release::ReleaseHeap;
use crate::cli::output::completions;
use crate::cli::output::exit_code;
use crate::cli::output::stdout;
use crate::cli::version;

/// fanion's control plane: changes flags at run time, numbers and logs each change, and tracks which sidecars have
/// applied it.
#[derive(Debug, clap::Parser)]
#[command(
    name = "fanion-control",
    version,
    args_conflicts_with_subcommands = true
)]
struct ControlArguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    start: StartOptions,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Write a copy of the store to a new file. The control plane may be running.
    Backup(BackupArgs),
    /// Create a new data directory from a backup.
    Restore(RestoreArgs),
    /// Print the version, the commit and the time of the build.
    Version,
    /// Print the completion script of a shell.
    Completions {
        /// Shell to generate the script for.
        shell: clap_complete::Shell,
    },
}

/// All commands and their arguments.
pub fn definition() -> clap::Command {
    ControlArguments::command()
}

/// Parses the arguments of this process and runs the command. `release_heap` returns free memory to the kernel.
pub fn main(release_heap: ReleaseHeap) -> ExitCode {
    let arguments = match ControlArguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return exit_code::print_clap_error(&error, ExitCode::FAILURE),
    };
    exit_code::report_errors(match arguments.command {
        None => start::run(&arguments.start, release_heap),
        Some(Command::Backup(arguments)) => backup::backup(&arguments),
        Some(Command::Restore(arguments)) => backup::restore(&arguments),
        Some(Command::Version) => {
            stdout::write_or_message(version::version_line("fanion-control").as_bytes())
        }
        Some(Command::Completions { shell }) => {
            stdout::write_or_message(&completions::script(shell, definition()))
        }
    })
}
