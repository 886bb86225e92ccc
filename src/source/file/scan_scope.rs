//! `ScanScope`: the files that a scan must read, and those that it skips because of a writer.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

/// The scope of a scan. A scan also reads files with changed metadata.
#[derive(Debug, Clone, Default)]
pub struct ScanScope {
    /// True if all files are read, because events were lost.
    pub read_all: bool,
    /// Files with events, which the scan reads.
    pub changed_paths: BTreeSet<PathBuf>,
    /// Files that another process is writing, which the scan skips.
    pub open_paths: BTreeSet<PathBuf>,
}

impl ScanScope {
    /// Returns the scope of a scan that reads all files.
    pub fn full() -> ScanScope {
        ScanScope {
            read_all: true,
            ..ScanScope::default()
        }
    }

    /// Adds a later scope.
    pub fn merge(&mut self, later: ScanScope) {
        self.read_all |= later.read_all;
        self.changed_paths.extend(later.changed_paths);
        self.open_paths = later.open_paths;
    }

    /// Returns true if a file must be read even with unchanged metadata.
    pub fn must_read(&self, path: &Path) -> bool {
        self.read_all || contains_path(&self.changed_paths, path)
    }

    /// Returns true if another process is writing a file. A new symlink is complete; its target may be written.
    pub fn is_being_written(&self, path: &Path) -> bool {
        let is_open =
            |path: std::io::Result<PathBuf>| path.is_ok_and(|path| self.open_paths.contains(&path));
        !self.open_paths.is_empty()
            && (is_open(path.canonicalize())
                || (is_open(std::path::absolute(path)) && !path.is_symlink()))
    }
}

/// Returns true if a file, or the target of a symlink, is among `paths`, which are absolute as in events.
fn contains_path(paths: &BTreeSet<PathBuf>, path: &Path) -> bool {
    let is_one = |path: std::io::Result<PathBuf>| path.is_ok_and(|path| paths.contains(&path));
    !paths.is_empty() && (is_one(std::path::absolute(path)) || is_one(path.canonicalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scan_scope_matches_files_and_symlink_targets() {
        let directory = tempfile::tempdir().expect("a directory");
        let real = directory.path().canonicalize().expect("a path");
        let (file, link) = (real.join("flags.json"), real.join("link.json"));
        std::fs::write(&file, "{}").expect("written");
        std::os::unix::fs::symlink(&file, &link).expect("linked");
        let look = ScanScope {
            changed_paths: BTreeSet::from([file.clone()]),
            ..ScanScope::default()
        };
        assert!(look.must_read(&file) && look.must_read(&link));
        assert!(!look.must_read(&real.join("other.json")) && !look.is_being_written(&file));
        assert!(ScanScope::full().must_read(&real.join("other.json")));
        let relative = Path::new("no-such-file.json");
        let busy = BTreeSet::from([std::path::absolute(relative).expect("a path")]);
        let look = ScanScope {
            open_paths: busy,
            ..ScanScope::default()
        };
        assert!(look.is_being_written(relative) && !look.must_read(relative));
        let look = |open: &Path| ScanScope {
            open_paths: BTreeSet::from([open.to_owned()]),
            ..ScanScope::default()
        };
        assert!(look(&file).is_being_written(&link) && !look(&link).is_being_written(&link));
    }
}
