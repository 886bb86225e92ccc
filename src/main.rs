//! `fanion`: the sidecar.

use std::process::ExitCode;

use fanion::cli;

/// The only function of the C library's mathematics that anything here calls, tokio's statistics. Where it is not found
/// here the whole library is loaded for it: half a MiB in every pod.
#[expect(unsafe_code, reason = "a symbol of the linker's")]
#[unsafe(no_mangle)]
extern "C" fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

fn main() -> ExitCode {
    match cli::sidecar::arguments() {
        Ok(matches) => cli::finish(cli::sidecar::run(&matches)),
        Err(error) => cli::usage(&error),
    }
}
