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

/// Has glibc's allocator join small pieces of memory as they are let go. As it is, it leaves that for when somebody next
/// needs a large piece: ten thousand flags that were replaced cost up to ten milliseconds then, in which their thread
/// cannot give way to requests.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "the C library's")]
fn disable_malloc_fastbins() {
    // SAFETY: `mallopt` takes its parameters by value, and there is no other thread yet. The answer is of no use: a C
    // library that does not know the parameter has no such habit.
    let _ = unsafe { libc::mallopt(libc::M_MXFAST, 0) };
}

#[cfg(not(target_env = "gnu"))]
fn disable_malloc_fastbins() {}

fn main() -> ExitCode {
    disable_malloc_fastbins();
    match cli::fanion::parse_args() {
        Ok(matches) => cli::report_errors(cli::fanion::run(&matches)),
        Err(error) => cli::print_clap_error(&error),
    }
}
