//! `fanion-control`: the control plane.

use std::process::ExitCode;

use fanion::cli::fanion_control;

fn main() -> ExitCode {
    fanion_control::main()
}
