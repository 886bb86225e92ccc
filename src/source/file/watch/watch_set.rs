//! `WatchSet`: the directories, symlinks and files whose changes may change the flag files of a source.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::source::file::file_pattern::FilePattern;
use crate::source::file::watch::path_walk;

/// The most watches of one source. A source with more is polled: the kernel limits the watches of a user.
const MAX_WATCHES: usize = 1024;

/// The events of a path that matter. The last kind includes the events of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WatchKind {
    /// A directory on the way to a file is moved or deleted.
    Directory,
    /// A symlink on the way to a file is replaced.
    Symlink,
    /// A file is written. Its directory does not report that if the file is a mount point, or is written by another name.
    File,
    /// The entries of a directory change, or are written.
    Entries,
}

/// The paths to watch for one source, without symlinks in the directories.
#[derive(Debug, Default)]
pub struct WatchSet {
    /// The paths.
    pub paths: BTreeMap<PathBuf, WatchKind>,
    /// True if no change can be missed, given that the file systems report all changes.
    pub is_complete: bool,
    real_directories: BTreeMap<PathBuf, PathBuf>,
}

impl WatchSet {
    /// Returns the paths to watch for the `files` that a pattern names.
    pub fn new<'p>(pattern: &FilePattern, files: impl Iterator<Item = &'p Path>) -> WatchSet {
        let mut set = WatchSet {
            is_complete: !pattern.has_wildcard_directory(),
            ..WatchSet::default()
        };
        if let Some(directory) = pattern.directory() {
            let added = set.add_entries(&directory);
            set.is_complete &= added.is_ok();
        }
        for file in files {
            let added = set.add_file(file);
            set.is_complete &= added.is_ok();
        }
        set.is_complete &= set.paths.len() <= MAX_WATCHES;
        set
    }

    /// Returns the directories whose file systems hold the files.
    pub fn file_directories(&self) -> impl Iterator<Item = &PathBuf> {
        let entries = self.paths.iter();
        entries.filter_map(|(path, kind)| (*kind == WatchKind::Entries).then_some(path))
    }

    /// Adds a path, which keeps the kind with more events.
    fn add(&mut self, path: PathBuf, kind: WatchKind) {
        let known = self.paths.entry(path).or_insert(kind);
        *known = kind.max(*known);
    }

    /// Adds a directory whose entries matter. Returns its real path.
    fn add_entries(&mut self, directory: &Path) -> io::Result<PathBuf> {
        if let Some(real) = self.real_directories.get(directory) {
            return Ok(real.clone());
        }
        let walk = path_walk::walk(&std::path::absolute(directory)?)?;
        for path in walk.directories {
            self.add(path, WatchKind::Directory);
        }
        for path in walk.symlinks {
            self.add(path, WatchKind::Symlink);
        }
        self.add(walk.real_path.clone(), WatchKind::Entries);
        self.real_directories
            .insert(directory.to_owned(), walk.real_path.clone());
        Ok(walk.real_path)
    }

    /// Adds a file, and the target if it is a symlink.
    fn add_file(&mut self, file: &Path) -> io::Result<()> {
        let mut file = std::path::absolute(file)?;
        for _ in 0..path_walk::MAX_SYMLINKS {
            let (Some(parent), Some(name)) = (file.parent(), file.file_name()) else {
                return Err(io::ErrorKind::InvalidInput.into());
            };
            // Replacing a symlink changes the entries of its directory.
            let real_file = self.add_entries(parent)?.join(name);
            if !std::fs::symlink_metadata(&real_file)?.is_symlink() {
                if path_walk::may_change_unseen(&real_file)? {
                    self.add(real_file, WatchKind::File);
                }
                return Ok(());
            }
            let target = std::fs::read_link(&real_file)?;
            file = real_file.with_file_name("").join(target);
        }
        Err(path_walk::too_many_symlinks())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn set(pattern: &Path, files: &[&Path]) -> (bool, BTreeMap<PathBuf, WatchKind>) {
        let set = WatchSet::new(&FilePattern::from_path(pattern), files.iter().copied());
        (set.is_complete, set.paths)
    }

    #[test]
    fn every_directory_and_symlink_of_a_path_is_watched() {
        let temporary = tempfile::tempdir().expect("a directory");
        let root = temporary.path().canonicalize().expect("a path");
        for directory in ["config", "real/one/two"] {
            std::fs::create_dir_all(root.join(directory)).expect("created");
        }
        std::fs::write(root.join("real/one/two/flags.json"), "{}").expect("written");
        symlink("../real/one", root.join("config/link")).expect("linked");
        symlink("link/two/flags.json", root.join("config/flags.json")).expect("linked");
        let file = root.join("config/flags.json");
        let (is_complete, paths) = set(&file, &[&file]);
        assert!(is_complete);
        let below = |path: &Path| path.strip_prefix(&root).map(Path::to_owned).ok();
        let below: Vec<_> = paths
            .iter()
            .filter_map(|(path, kind)| Some((below(path)?, *kind)))
            .collect();
        let expected = [
            ("", WatchKind::Directory),
            ("config", WatchKind::Entries),
            ("config/link", WatchKind::Symlink),
            ("real", WatchKind::Directory),
            ("real/one", WatchKind::Directory),
            ("real/one/two", WatchKind::Entries),
        ];
        assert_eq!(
            below,
            expected.map(|(path, kind)| (PathBuf::from(path), kind))
        );
        assert!(root.ancestors().skip(1).all(|parent| {
            parent == Path::new("/") || paths.get(parent) == Some(&WatchKind::Directory)
        }));
    }

    #[test]
    fn hard_links_are_watched_themselves() {
        let temporary = tempfile::tempdir().expect("a directory");
        let root = temporary.path().canonicalize().expect("a path");
        let (file, other) = (root.join("flags.json"), root.join("other"));
        std::fs::write(&file, "{}").expect("written");
        assert_eq!(set(&file, &[&file]).1.get(&file), None);
        std::fs::hard_link(&file, other).expect("linked");
        assert_eq!(set(&file, &[&file]).1.get(&file), Some(&WatchKind::File));
    }

    #[test]
    fn incomplete_sets_are_known() {
        let temporary = tempfile::tempdir().expect("a directory");
        let root = temporary.path();
        let missing = root.join("flags.json");
        assert!(!set(&missing, &[&missing]).0, "a missing file");
        assert!(
            !set(&root.join("*/flags.json"), &[]).0,
            "a new directory can match"
        );
        assert!(set(&root.join("*.json"), &[]).0);
        symlink("loop.json", root.join("loop.json")).expect("linked");
        let looped = root.join("loop.json");
        assert!(!set(&looped, &[&looped]).0, "a loop");
        let count = MAX_WATCHES + 1;
        let directories = (0..count).map(|at| root.join(format!("{at}/flags.json")));
        let files: Vec<PathBuf> = directories.collect();
        for file in &files {
            std::fs::create_dir(file.with_file_name("")).expect("created");
            std::fs::write(file, "{}").expect("written");
        }
        let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        assert!(!set(&root.join("*.json"), &files).0, "too many");
    }
}
