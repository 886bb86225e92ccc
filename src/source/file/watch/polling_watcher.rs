//! `PollingWatcher`, the `FileWatcher` of systems without inotify: all files are polled.

use std::sync::Arc;

use crate::metric::thread_activity::ThreadActivity;
use crate::source::file::file_events::FileEvents;
use crate::source::file::watch::watch_set::WatchSet;
use crate::source::update_channel::WakeupSender;

/// A watcher that reports no events.
#[derive(Debug)]
pub struct PollingWatcher;

impl PollingWatcher {
    /// Returns a watcher.
    pub fn new(
        _events: Arc<FileEvents>,
        _activity: Arc<ThreadActivity>,
        _wakeups: WakeupSender,
    ) -> PollingWatcher {
        PollingWatcher
    }

    /// Does nothing: there is no thread.
    pub fn ping(&self) {}

    /// Returns false: events are not enough.
    pub fn watch(&self, _source: usize, _set: &WatchSet) -> bool {
        false
    }
}
