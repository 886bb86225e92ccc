//! `fanion`: the sidecar.

use std::process::ExitCode;

use fanion::cli;

fn main() -> ExitCode {
    match cli::sidecar::arguments() {
        Ok(matches) => cli::finish(cli::sidecar::run(&matches)),
        Err(error) => cli::usage(&error),
    }
}
