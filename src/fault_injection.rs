//! Fault injection for tests of supervision: named points at which a debug build panics or blocks on request.
//!
//! The environment variable `FANION_FAULTS` names a file. While the file has a line `panic NAME` or `block NAME`, a
//! thread or task that reaches the point called `NAME` panics, or sleeps until the line is removed. For a point that
//! concerns a file, `block NAME FILE` selects the files whose path ends in `FILE`. Release builds have no such points.

use std::path::Path;

/// Panics or blocks if the fault file requests it at this point. Does nothing in release builds.
#[cfg(not(debug_assertions))]
pub fn point(_name: &str) {}

/// Like [`point`], for a point that concerns a file. Does nothing in release builds.
#[cfg(not(debug_assertions))]
pub fn file_point(_name: &str, _path: &Path) {}

/// Panics or blocks if the fault file requests it at this point. Does nothing in release builds.
///
/// # Panics
/// If the fault file has a line `panic NAME`.
#[cfg(debug_assertions)]
pub fn point(name: &str) {
    file_point(name, Path::new(""));
}

/// Like [`point`], for a point that concerns a file. Does nothing in release builds.
///
/// # Panics
/// If the fault file has a line `panic NAME`, or `panic NAME FILE` with the end of the path.
#[cfg(debug_assertions)]
pub fn file_point(name: &str, path: &Path) {
    assert!(
        !is_requested("panic", name, path),
        "injected fault at {name}"
    );
    while is_requested("block", name, path) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Returns true if the fault file has the line `action name`, or `action name file` for this path.
#[cfg(debug_assertions)]
fn is_requested(action: &str, name: &str, path: &Path) -> bool {
    static FILE: std::sync::OnceLock<Option<std::path::PathBuf>> = std::sync::OnceLock::new();
    let file = FILE.get_or_init(|| std::env::var_os("FANION_FAULTS").map(Into::into));
    let text = file
        .as_ref()
        .and_then(|file| std::fs::read_to_string(file).ok());
    let is_wanted = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let is_point = words.next() == Some(action) && words.next() == Some(name);
        is_point && words.next().is_none_or(|end| path.ends_with(end))
    };
    text.is_some_and(|text| text.lines().any(is_wanted))
}
