//! Fault injection for tests of supervision: named points at which a debug build panics or blocks on request.
//!
//! The environment variable `FANION_FAULTS` names a file. While the file has a line `panic NAME` or `block NAME`, a
//! thread or task that reaches the point called `NAME` panics, or sleeps until the line is removed. Release builds have
//! no such points.

/// Panics or blocks if the fault file requests it at this point. Does nothing in release builds.
#[cfg(not(debug_assertions))]
pub fn point(_name: &str) {}

/// Panics or blocks if the fault file requests it at this point. Does nothing in release builds.
///
/// # Panics
/// If the fault file has a line `panic NAME`.
#[cfg(debug_assertions)]
pub fn point(name: &str) {
    assert!(!is_requested("panic", name), "injected fault at {name}");
    while is_requested("block", name) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Returns true if the fault file has the line `action name`.
#[cfg(debug_assertions)]
fn is_requested(action: &str, name: &str) -> bool {
    static FILE: std::sync::OnceLock<Option<std::path::PathBuf>> = std::sync::OnceLock::new();
    let file = FILE.get_or_init(|| std::env::var_os("FANION_FAULTS").map(Into::into));
    let text = file
        .as_ref()
        .and_then(|file| std::fs::read_to_string(file).ok());
    let wanted = |line: &str| line.split_once(' ') == Some((action, name));
    text.is_some_and(|text| text.lines().any(wanted))
}
