//! The C library's `malloc`: settings and the release of free memory, for the programs that run for long.

/// Disables the fastbins of glibc's `malloc`, so that small chunks are merged when they are freed. By default glibc
/// merges them at the next large allocation: after ten thousand flags were replaced, that takes up to ten milliseconds,
/// during which the thread cannot yield to requests.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "calls the C library")]
pub fn disable_fastbins() {
    // SAFETY: `mallopt` takes its parameters by value, and no other thread runs yet. The result is ignored: a library
    // that does not know the parameter has no fastbins.
    let _ = unsafe { libc::mallopt(libc::M_MXFAST, 0) };
}

#[cfg(not(target_env = "gnu"))]
pub fn disable_fastbins() {}

/// Returns the free memory of all heaps to the kernel.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "calls the C library")]
pub fn release_heap() {
    // SAFETY: `malloc_trim` takes its parameter by value and may be called by any thread.
    let _ = unsafe { libc::malloc_trim(0) };
}

/// Other C libraries return free memory themselves, or cannot be asked to.
#[cfg(not(target_env = "gnu"))]
pub fn release_heap() {}
