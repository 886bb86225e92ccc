//! `flagctl`: evaluates, explains, compares and lints flags, for people and CI.

use std::process::ExitCode;

use fanion::cli::flagctl;

fn main() -> ExitCode {
    flagctl::main()
}
