//! `FileEvents`: the files with events since the last scan, and those that are being written.
//!
//! The thread of the `notify` crate records events here, instead of sending each over a channel: a process that writes
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

use notify::Event;
use notify::EventKind;
use notify::event::AccessKind;
use notify::event::AccessMode;

use crate::limits;
use crate::source::file::open_writers::OpenWriters;
use crate::source::file::scan_scope::ScanScope;

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
    /// Records an event. Returns true if the update thread must be woken. Opening and reading are ignored: this process
    /// does that itself.
    pub fn record(&self, event: notify::Result<Event>) -> bool {
        let event = match event {
            Ok(event) => match event.kind {
                EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(event),
                EventKind::Access(_) => return false,
                _ => Some(event).filter(|event| !event.need_rescan()),
            },
            Err(_) => None,
        };
        // Reads the file system, so it must not run while the lock is held.
        let written = event.as_ref().map(OpenWriters::written_paths);
        let mut pending = self.lock();
        match (event, written) {
            (Some(event), Some(written)) => pending.record(event, written),
            _ => pending.read_all = true,
        }
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

    /// Records that there are no more events, and logs it unless the update thread has ended.
    pub fn report_end(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
        if !self.is_stopped.load(Ordering::Relaxed) {
            tracing::error!("the thread of file events has ended; files are read every second");
        }
    }

    fn lock(&self) -> MutexGuard<'_, PendingEvents> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PendingEvents {
    fn record(&mut self, event: Event, written: Vec<PathBuf>) {
        let has_room = self.writers.record_event(&event, written, Instant::now());
        let room = limits::CHANGED_PATHS.saturating_sub(self.changed_paths.len());
        if self.read_all || !has_room || event.paths.len() > room {
            self.read_all = true;
            self.changed_paths.clear();
        } else {
            self.changed_paths.extend(event.paths);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::DataChange;
    use notify::event::ModifyKind;

    fn write(path: &str) -> Event {
        let kind = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        Event::new(kind).add_path(path.into())
    }

    fn take(events: &FileEvents) -> ScanScope {
        events.take(Instant::now())
    }

    #[test]
    fn events_of_a_file_take_the_memory_of_one() {
        let events = FileEvents::default();
        let woken = (0..100_000).filter(|_| events.record(Ok(write("/flags.json"))));
        assert_eq!(woken.count(), 1);
        let scope = take(&events);
        assert_eq!(scope.changed_paths, BTreeSet::from(["/flags.json".into()]));
        assert_eq!(scope.open_paths, scope.changed_paths);
        assert!(!scope.read_all && take(&events).changed_paths.is_empty());
        assert!(events.record(Ok(write("/flags.json"))));
    }

    #[test]
    fn events_of_too_many_files_read_all() {
        let events = FileEvents::default();
        for file in 0..3 * limits::CHANGED_PATHS {
            events.record(Ok(write(&format!("/{file}.json"))));
        }
        let scope = take(&events);
        assert!(scope.read_all && scope.changed_paths.is_empty());
        assert!(scope.open_paths.len() <= limits::CHANGED_PATHS);
    }
}
