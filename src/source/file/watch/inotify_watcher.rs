//! `FileWatcher`: watches the files of all sources, and tells whether events are enough.

use std::path::PathBuf;
use std::sync::Arc;

use crate::metric::thread_activity::ThreadActivity;
use crate::source::file::file_events::FileEvents;
use crate::source::file::watch::event_thread;
use crate::source::file::watch::inotify_watches::InotifyWatches;
use crate::source::file::watch::local_file_system;
use crate::source::file::watch::watch_set::WatchSet;
use crate::source::update_channel::WakeupSender;

/// The handle of the watches and of the thread that receives events, which ends when this is dropped.
#[derive(Debug)]
pub struct FileWatcher {
    /// `None` if there is no inotify instance.
    watches: Option<Arc<InotifyWatches>>,
    events: Arc<FileEvents>,
}

impl FileWatcher {
    /// Returns a watcher of nothing. Events are recorded in `events`, and wake the update thread. `activity` is that of
    /// the thread.
    pub fn new(
        events: Arc<FileEvents>,
        activity: Arc<ThreadActivity>,
        wakeups: WakeupSender,
    ) -> FileWatcher {
        let started = InotifyWatches::new(activity).and_then(|watches| {
            let watches = Arc::new(watches);
            event_thread::start(watches.clone(), events.clone(), wakeups)?;
            Ok(watches)
        });
        if let Err(error) = &started {
            tracing::warn!(%error, "cannot watch files for changes; polling them every second");
        }
        FileWatcher {
            watches: started.ok(),
            events,
        }
    }

    /// Gives the thread work that it finishes at once, if it runs.
    pub fn ping(&self) {
        if let Some(watches) = self.watches.as_ref().filter(|_| !self.events.has_ended()) {
            watches.ping();
        }
    }

    /// Watches exactly these paths for a source. Returns true if every later change of its files causes an event; false
    /// also if a watch is new, because a change before it may have been missed.
    pub fn watch(&self, source: usize, set: &WatchSet) -> bool {
        let Some(watches) = &self.watches else {
            return false;
        };
        let is_unchanged = watches.set(source, set);
        let is_local =
            |path: &PathBuf| local_file_system::reports_every_change(path).unwrap_or(false);
        is_unchanged
            && set.is_complete
            && watches.mounts.is_some()
            && !self.events.has_ended()
            && set.file_directories().all(is_local)
    }
}

impl Drop for FileWatcher {
    fn drop(&mut self) {
        if let Some(watches) = &self.watches {
            watches.stop();
        }
    }
}
