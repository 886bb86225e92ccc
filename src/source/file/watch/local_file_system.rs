//! Which file systems report every change: those whose files only this host changes.
//!
//! Network file systems, and those that a user process or another kernel serves (FUSE, virtiofs, 9p), report only the
//! changes of this host. So do containers of gVisor, whose files are served by 9p.

use std::io;
use std::path::Path;

/// The types of file systems that report every change, from `linux/magic.h` and the sources of each file system.
const LOCAL_TYPES: &[i64] = &[
    0xEF53,      // ext2, ext3, ext4
    0x5846_5342, // XFS
    0x9123_683E, // Btrfs
    0x0102_1994, // tmpfs
    0x8584_58F6, // ramfs
    0x794C_7630, // overlayfs
    0xF2F5_2010, // F2FS
    0x2FC1_2FC1, // ZFS
    0xCA45_1A4E, // bcachefs
    0x7371_7368, // SquashFS
    0xE0F5_E1E2, // EROFS
    0x2405_1905, // UBIFS
];

/// Returns true if the file system of a directory reports every change.
///
/// # Errors
/// If the directory cannot be read.
pub fn reports_every_change(directory: &Path) -> io::Result<bool> {
    let found = rustix::fs::statfs(directory)?;
    // The type has 32 bits on some architectures.
    Ok(LOCAL_TYPES.contains(&(found.f_type as i64)))
}
