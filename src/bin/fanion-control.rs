//! `fanion-control`: the control plane.

#[path = "../main/malloc.rs"]
mod malloc;

use std::process::ExitCode;

use fanion::cli::fanion_control;

fn main() -> ExitCode {
    malloc::disable_fastbins();
    fanion_control::main(malloc::release_heap)
}
