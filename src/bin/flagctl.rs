//! `flagctl`: evaluates, explains, compares and lints flags, interactively and in CI.

use std::process::ExitCode;

use fanion::cli::flagctl;

fn main() -> ExitCode {
    flagctl::main()
}
