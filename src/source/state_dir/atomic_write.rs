//! Writes an entry of the state directory atomically: a synced temporary file, a rename, and a sync of the directory.

use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::source::state_dir::entry::StateEntry;

/// Writes an entry to `path` in `directory`.
///
/// # Errors
/// If the write fails; an older file at `path` is then unchanged.
pub fn write(directory: &Path, path: &Path, entry: &StateEntry) -> io::Result<()> {
    let temporary = directory.join(format!(".{}.tmp", entry.file_stem()));
    let written = write_synced(&temporary, entry).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // Frees the space of the incomplete file.
        let _ = std::fs::remove_file(&temporary);
    }
    written?;
    // Makes the rename survive a crash.
    File::open(directory)?.sync_all()
}

fn write_synced(path: &Path, entry: &StateEntry) -> io::Result<()> {
    // An earlier process may have left an incomplete file.
    let _ = std::fs::remove_file(path);
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(entry.encode_header().as_bytes())?;
    file.write_all(&entry.bytes)?;
    file.sync_all()
}
