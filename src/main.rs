//! `fanion`: the sidecar.

#[path = "main/malloc.rs"]
mod malloc;

use std::process::ExitCode;

use fanion::cli;
use fanion::cli::output::exit_code;

/// Defines the only symbol of the C math library that the program needs; tokio's statistics call it. Without this
/// definition the dynamic linker would load all of `libm`, half a MiB in every pod.
#[expect(unsafe_code, reason = "defines a linker symbol")]
#[unsafe(no_mangle)]
extern "C" fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

fn main() -> ExitCode {
    malloc::disable_fastbins();
    match cli::fanion::parse_args() {
        Ok(matches) => exit_code::report_errors(cli::fanion::run(&matches, malloc::release_heap)),
        Err(error) => exit_code::print_clap_error(&error, ExitCode::FAILURE),
    }
}
