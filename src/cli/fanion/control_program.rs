//! `fanion control`: runs `fanion-control`, the program of the control plane, in place of this process.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process;

use clap::Arg;
use clap::ArgMatches;
use clap::Command;
use clap::value_parser;

/// The name of the program.
const PROGRAM: &str = "fanion-control";

/// The command; its arguments are those of the program.
pub fn command() -> Command {
    Command::new("control")
        .about("Run the control plane: start the program `fanion-control`")
        .disable_help_flag(true)
        .arg(
            Arg::new("arguments")
                .value_parser(value_parser!(OsString))
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .num_args(0..),
        )
}

/// Replaces this process by the program. Returns only if that fails.
///
/// # Errors
/// If the program is neither beside this one nor in `PATH`, or cannot be run.
pub fn run(matches: &ArgMatches) -> Result<(), Vec<String>> {
    let arguments = matches.get_many::<OsString>("arguments");
    let arguments = arguments.unwrap_or_default();
    let error = process::Command::new(program()).args(arguments).exec();
    Err(vec![match error.kind() {
        io::ErrorKind::NotFound => format!(
            "there is no {PROGRAM} beside this program and in PATH: install it, or build it with `cargo build --features control`"
        ),
        _ => format!("cannot run {PROGRAM}: {error}"),
    }])
}

/// The program beside this one; else its name, which the system looks up in `PATH`.
fn program() -> PathBuf {
    let own = std::env::current_exe().ok();
    let beside = own.map(|own| own.with_file_name(PROGRAM));
    beside
        .filter(|path| path.is_file())
        .unwrap_or_else(|| PROGRAM.into())
}
