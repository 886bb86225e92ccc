//! `DirectoryWatcher`: watches directories for file events (inotify, kqueue).

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use notify::RecommendedWatcher;
use notify::RecursiveMode;
use notify::Watcher as _;

/// Watches directories. Files in directories that cannot be watched are polled every second.
pub struct DirectoryWatcher {
    watcher: Option<RecommendedWatcher>,
    /// Paths with inodes: a directory that was recreated must be watched again. Directories that cannot be watched are
    /// included, so that they are not retried on each call.
    watched: BTreeMap<PathBuf, u64>,
}

impl DirectoryWatcher {
    /// Returns a watcher of no directory; events go to `handler`.
    pub fn new(handler: impl notify::EventHandler) -> DirectoryWatcher {
        let watcher = notify::recommended_watcher(handler);
        if let Err(error) = &watcher {
            tracing::warn!(%error, "cannot watch files for changes; polling them every second");
        }
        DirectoryWatcher {
            watcher: watcher.ok(),
            watched: BTreeMap::new(),
        }
    }

    /// Watches exactly these directories.
    pub fn set_directories(&mut self, wanted: Vec<PathBuf>) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        let inode = |path: &PathBuf| std::fs::metadata(path).map(|m| m.ino()).ok();
        let wanted: BTreeMap<PathBuf, u64> = wanted
            .into_iter()
            .filter_map(|path| inode(&path).map(|inode| (path, inode)))
            .collect();
        for path in self
            .watched
            .keys()
            .filter(|path| wanted.get(*path) != self.watched.get(*path))
        {
            // Fails for deleted directories, which need no unwatching.
            let _ = watcher.unwatch(path);
        }
        for (path, inode) in &wanted {
            if self.watched.get(path) == Some(inode) {
                continue;
            }
            if let Err(error) = watcher.watch(path, RecursiveMode::NonRecursive) {
                tracing::warn!(
                    directory = %path.display(),
                    %error,
                    "cannot watch this directory for changes; polling it every second"
                );
            }
        }
        self.watched = wanted;
    }
}
