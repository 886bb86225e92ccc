//! `DirectoryWatcher`: watches directories for file events (inotify, kqueue).

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use notify::RecommendedWatcher;
use notify::RecursiveMode;
use notify::Watcher as _;

/// Watches directories. Files in those that cannot be watched are only polled every second.
pub struct DirectoryWatcher {
    watcher: Option<RecommendedWatcher>,
    /// Paths with inodes: a directory that was created anew must be watched anew. Those that cannot be watched are here as
    /// well, so that they are not tried again and again.
    watched: BTreeMap<PathBuf, u64>,
}

impl DirectoryWatcher {
    /// A watcher of no directory yet; events go to `handler`.
    pub fn new(handler: impl notify::EventHandler) -> DirectoryWatcher {
        let watcher = notify::recommended_watcher(handler);
        if let Err(error) = &watcher {
            tracing::warn!(%error, "no events from the file system; files are looked at every second");
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
                tracing::warn!(directory = %path.display(), %error, "no events from this directory; it is looked at every second");
            }
        }
        self.watched = wanted;
    }
}
