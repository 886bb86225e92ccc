//! `FileEvents`: the files with events since the last scan, and those that are being written.
//!
//! The thread of file events records them here, instead of sending each over a channel: a process that writes
//! a file 200,000 times a second then takes no memory. Beyond [`limits::CHANGED_PATHS`] all files are read.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use crate::limits;
use crate::source::file::open_writers::OpenWriters;
use crate::source::file::scan_scope::ScanScope;

/// A change of the flag files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileEvent {
    /// A process that may keep the file open has created or written it.
    Written(PathBuf),
    /// The file was closed after writing, moved or deleted.
    Complete(PathBuf),
    /// Its attributes have changed, or it is a directory.
    Changed(PathBuf),
    /// Any file may have changed: events were lost, or a directory on the way was replaced.
    Unknown,
}

/// Events that no scan has taken yet.
#[derive(Debug, Default)]
pub struct FileEvents {
    pending: Mutex<PendingEvents>,
    is_stopped: AtomicBool,
    has_ended: AtomicBool,
}

#[derive(Debug, Default)]
struct PendingEvents {
    writers: OpenWriters,
    changed_paths: BTreeSet<PathBuf>,
    /// True if events were lost, or are too many.
    read_all: bool,
    /// True if the update thread was woken and has not taken the events yet.
    is_announced: bool,
}

impl FileEvents {
    /// Records an event. Returns true if the update thread must be woken.
    pub fn record(&self, event: FileEvent) -> bool {
        let mut pending = self.lock();
        pending.record(event, Instant::now());
        !std::mem::replace(&mut pending.is_announced, true)
    }

    /// Returns the scope of a scan for the events, and forgets them.
    pub fn take(&self, now: Instant) -> ScanScope {
        let mut pending = self.lock();
        pending.is_announced = false;
        let mut changed_paths = std::mem::take(&mut pending.changed_paths);
        changed_paths.extend(pending.writers.take_finished(now));
        ScanScope {
            read_all: std::mem::take(&mut pending.read_all),
            changed_paths,
            open_paths: pending.writers.paths(),
        }
    }

    /// Returns the time until a writer counts as finished.
    pub fn time_until_release(&self, now: Instant) -> Option<Duration> {
        self.lock().writers.time_until_release(now)
    }

    /// Records that the update thread ends, so that the end of the events is not an error.
    pub fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    /// Returns true if there are no more events.
    pub fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Relaxed)
    }

    /// Records that there are no more events. Logs it and returns true unless the update thread has ended.
    pub fn report_end(&self) -> bool {
        self.has_ended.store(true, Ordering::Relaxed);
        let is_failure = !self.is_stopped.load(Ordering::Relaxed);
        if is_failure {
            tracing::error!("the thread of file events has ended; files are read every second");
        }
        is_failure
    }

    fn lock(&self) -> MutexGuard<'_, PendingEvents> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PendingEvents {
    fn record(&mut self, event: FileEvent, now: Instant) {
        let path = match event {
            FileEvent::Unknown => {
                self.read_all = true;
                return;
            }
            FileEvent::Written(path) => {
                self.read_all |= !self.writers.add(&path, now);
                path
            }
            FileEvent::Complete(path) => {
                self.writers.remove(&path);
                path
            }
            FileEvent::Changed(path) => path,
        };
        if self.read_all || self.changed_paths.len() >= limits::CHANGED_PATHS {
            self.read_all = true;
            self.changed_paths.clear();
        } else {
            self.changed_paths.insert(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &str) -> FileEvent {
        FileEvent::Written(path.into())
    }

    fn take(events: &FileEvents) -> ScanScope {
        events.take(Instant::now())
    }

    #[test]
    fn events_of_a_file_take_the_memory_of_one() {
        let events = FileEvents::default();
        let woken = (0..100_000).filter(|_| events.record(write("/flags.json")));
        assert_eq!(woken.count(), 1);
        let scope = take(&events);
        assert_eq!(scope.changed_paths, BTreeSet::from(["/flags.json".into()]));
        assert_eq!(scope.open_paths, scope.changed_paths);
        assert!(!scope.read_all && take(&events).changed_paths.is_empty());
        assert!(events.record(write("/flags.json")));
    }

    #[test]
    fn events_of_too_many_files_read_all() {
        let events = FileEvents::default();
        for file in 0..3 * limits::CHANGED_PATHS {
            events.record(write(&format!("/{file}.json")));
        }
        let scope = take(&events);
        assert!(scope.read_all && scope.changed_paths.is_empty());
        assert!(scope.open_paths.len() <= limits::CHANGED_PATHS);
    }
}
