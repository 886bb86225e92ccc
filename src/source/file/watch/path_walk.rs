//! Resolves a path component by component, as the kernel does, and records each directory and symlink on the way.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

/// The most symlinks on the way to a file, as in Linux.
pub const MAX_SYMLINKS: usize = 40;

/// The way to a directory.
#[derive(Debug, Default)]
pub struct Walk {
    /// The directory, without symlinks.
    pub real_path: PathBuf,
    /// The directories on the way, without symlinks.
    pub directories: Vec<PathBuf>,
    /// The symlinks on the way.
    pub symlinks: Vec<PathBuf>,
}

/// Returns the way to the directory at an absolute path.
///
/// # Errors
/// If a component cannot be read, or there are too many symlinks.
pub fn walk(path: &Path) -> io::Result<Walk> {
    let mut walk = Walk {
        real_path: PathBuf::from("/"),
        ..Walk::default()
    };
    // The components that are left, the next one last.
    let mut left = components(path);
    while let Some(name) = left.pop() {
        if name == ".." {
            walk.real_path.pop();
            continue;
        }
        let next = walk.real_path.join(name);
        if !std::fs::symlink_metadata(&next)?.is_symlink() {
            walk.directories.push(next.clone());
            walk.real_path = next;
            continue;
        }
        if walk.symlinks.len() == MAX_SYMLINKS {
            return Err(too_many_symlinks());
        }
        let target = std::fs::read_link(&next)?;
        walk.symlinks.push(next);
        if target.is_absolute() {
            walk.real_path = PathBuf::from("/");
        }
        left.extend(components(&target));
    }
    Ok(walk)
}

/// The components of a path, the last one first.
fn components(path: &Path) -> Vec<OsString> {
    let names = path.components().rev();
    names
        .filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir))
        .map(|part| part.as_os_str().to_owned())
        .collect()
}

/// The error of a path with too many symlinks.
pub fn too_many_symlinks() -> io::Error {
    io::Error::other("too many symlinks")
}

/// Returns true if a file can be written without an event in its directory: it is a mount point, or has other names.
///
/// # Errors
/// If the file cannot be read.
pub fn may_change_unseen(file: &Path) -> io::Result<bool> {
    let metadata = std::fs::symlink_metadata(file)?;
    Ok(metadata.nlink() > 1 || is_mount_point(file)?)
}

#[cfg(target_os = "linux")]
fn is_mount_point(file: &Path) -> io::Result<bool> {
    use rustix::fs::AtFlags;
    use rustix::fs::StatxAttributes;
    use rustix::fs::StatxFlags;
    let found = match rustix::fs::statx(
        rustix::fs::CWD,
        file,
        AtFlags::SYMLINK_NOFOLLOW,
        StatxFlags::TYPE,
    ) {
        Ok(found) => found,
        // A watch too many does no harm.
        Err(rustix::io::Errno::NOSYS) => return Ok(true),
        Err(error) => return Err(error.into()),
    };
    let mount_root = StatxAttributes::MOUNT_ROOT;
    let is_known = found.stx_attributes_mask.contains(mount_root);
    Ok(!is_known || found.stx_attributes.contains(mount_root))
}

#[cfg(not(target_os = "linux"))]
fn is_mount_point(_file: &Path) -> io::Result<bool> {
    Ok(false)
}
