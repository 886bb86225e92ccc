//! `DirectoryWatcher`: watches directories for file events (inotify, kqueue), for all sources.
//!
//! The kernel looks up a directory before it watches it, which does not end while a network file system does not
//! respond. So a thread of its own changes the watched directories.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::mem::ManuallyDrop;
use std::panic;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;

use notify::RecommendedWatcher;
use notify::RecursiveMode;
use notify::Watcher as _;

use crate::metric::thread_activity::ThreadActivity;
use crate::source::file::file_events::FileEvents;

/// How long a source waits until its directories are watched. That takes longer only if the thread waits for the file
/// system of another source.
const MAX_WAIT: Duration = Duration::from_millis(100);

/// Directories with their inodes: a directory that was recreated must be watched again.
pub type Directories = BTreeMap<PathBuf, u64>;

/// The handle of the thread that watches the directories of all sources. Files in directories that are not watched are
/// polled every second.
#[derive(Debug)]
pub struct DirectoryWatcher {
    wanted: Arc<WantedDirectories>,
}

#[derive(Debug, Default)]
struct WantedDirectories {
    sources: Mutex<WantedBySource>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct WantedBySource {
    directories: BTreeMap<usize, Directories>,
    /// The sources whose directories are not watched yet.
    pending: BTreeSet<usize>,
    is_stopped: bool,
}

impl DirectoryWatcher {
    /// Returns a watcher of no directory; events go to `handler`, which records them in `events`.
    pub fn new(
        handler: impl notify::EventHandler,
        events: Arc<FileEvents>,
        activity: Arc<ThreadActivity>,
    ) -> DirectoryWatcher {
        let wanted = Arc::new(WantedDirectories::default());
        let watcher = notify::recommended_watcher(handler).map_err(|error| error.to_string());
        let started = watcher.and_then(|watcher| {
            let wanted = wanted.clone();
            // `notify` panics when a watcher is dropped whose own thread could not be created either.
            let watcher = ManuallyDrop::new(watcher);
            let thread = thread::Builder::new().name("watch".to_owned());
            let spawned = thread.spawn(move || follow(watcher, &wanted, &events, &activity));
            spawned.map_err(|error| error.to_string())
        });
        if let Err(error) = started {
            tracing::warn!(%error, "cannot watch files for changes; polling them every second");
            wanted.lock().is_stopped = true;
        }
        DirectoryWatcher { wanted }
    }

    /// Watches exactly these directories for a source. Returns when they are watched, or after a short time.
    pub fn set_directories(&self, source: usize, directories: Directories) {
        let mut wanted = self.wanted.lock();
        wanted.directories.insert(source, directories);
        wanted.pending.insert(source);
        self.wanted.changed.notify_all();
        let is_pending =
            |wanted: &mut WantedBySource| !wanted.is_stopped && wanted.pending.contains(&source);
        let waited = self
            .wanted
            .changed
            .wait_timeout_while(wanted, MAX_WAIT, is_pending);
        drop(waited);
    }
}

impl Drop for DirectoryWatcher {
    fn drop(&mut self) {
        self.wanted.lock().is_stopped = true;
        self.wanted.changed.notify_all();
    }
}

impl WantedDirectories {
    /// Waits for directories that are not watched yet: a source, and the directories of all sources. `None` if the
    /// thread must end.
    fn next(&self) -> Option<(usize, Directories)> {
        let is_idle = |wanted: &mut WantedBySource| !wanted.is_stopped && wanted.pending.is_empty();
        let wanted = self.changed.wait_while(self.lock(), is_idle);
        let wanted = wanted.unwrap_or_else(PoisonError::into_inner);
        if wanted.is_stopped {
            return None;
        }
        let source = *wanted.pending.first()?;
        let all = wanted.directories.values().flatten();
        Some((
            source,
            all.map(|(path, inode)| (path.clone(), *inode)).collect(),
        ))
    }

    fn lock(&self) -> MutexGuard<'_, WantedBySource> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Watches the wanted directories until the watcher is dropped, or the thread of the events has ended. `notify` panics
/// when a watcher is used or dropped after that.
fn follow(
    mut watcher: ManuallyDrop<RecommendedWatcher>,
    wanted: &WantedDirectories,
    events: &FileEvents,
    activity: &ThreadActivity,
) {
    // Includes directories that cannot be watched, so that they are not retried each time.
    let mut watched = Directories::new();
    while let Some((source, directories)) = wanted.next() {
        let update = AssertUnwindSafe(|| update_watches(&mut watcher, &watched, &directories));
        let is_updated =
            activity.during(|| !events.has_ended() && panic::catch_unwind(update).is_ok());
        if !is_updated {
            break;
        }
        watched = directories;
        wanted.lock().pending.remove(&source);
        wanted.changed.notify_all();
    }
    wanted.lock().is_stopped = true;
    wanted.changed.notify_all();
    if !events.has_ended() {
        drop(ManuallyDrop::into_inner(watcher));
    }
}

fn update_watches(watcher: &mut RecommendedWatcher, before: &Directories, wanted: &Directories) {
    for (path, inode) in before {
        if wanted.get(path) != Some(inode) {
            // Fails for deleted directories, which need no unwatching.
            let _ = watcher.unwatch(path);
        }
    }
    for (path, inode) in wanted {
        if before.get(path) == Some(inode) {
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
}
