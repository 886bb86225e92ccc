//! `fanion`: the sidecar.

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

/// Disables the fastbins of glibc's `malloc`, so that small chunks are merged when they are freed. By default glibc
/// merges them at the next large allocation: after ten thousand flags were replaced, that takes up to ten milliseconds,
/// during which the thread cannot yield to requests.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "calls the C library")]
fn disable_malloc_fastbins() {
    // SAFETY: `mallopt` takes its parameters by value, and no other thread runs yet. The result is ignored: a library
    // that does not know the parameter has no fastbins.
    let _ = unsafe { libc::mallopt(libc::M_MXFAST, 0) };
}

#[cfg(not(target_env = "gnu"))]
fn disable_malloc_fastbins() {}

/// Returns the free memory of all heaps to the kernel.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "calls the C library")]
fn release_heap() {
    // SAFETY: `malloc_trim` takes its parameter by value and may be called by any thread.
    let _ = unsafe { libc::malloc_trim(0) };
}

/// Other C libraries return free memory themselves, or cannot be asked to.
#[cfg(not(target_env = "gnu"))]
fn release_heap() {}

fn main() -> ExitCode {
    disable_malloc_fastbins();
    match cli::fanion::parse_args() {
        Ok(matches) => exit_code::report_errors(cli::fanion::run(&matches, release_heap)),
        Err(error) => exit_code::print_clap_error(&error, ExitCode::FAILURE),
    }
}
