//! `OpenWriters`: files that another process changes in place and has not closed yet. A partial file can be a valid
//! document.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use notify::Event;
use notify::EventKind;
use notify::event::AccessKind;
use notify::event::AccessMode;
use notify::event::CreateKind;
use notify::event::ModifyKind;

use crate::limits;

/// A writer that is idle for this long counts as finished although it keeps the file open.
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);
/// The longest wait for a writer that is never idle.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Files that are being written.
#[derive(Debug, Default)]
pub struct OpenWriters {
    files: BTreeMap<PathBuf, WriteActivity>,
}

#[derive(Debug)]
struct WriteActivity {
    first_write: Instant,
    last_write: Instant,
}

impl WriteActivity {
    fn released_at(&self) -> Instant {
        (self.last_write + IDLE_TIMEOUT).min(self.first_write + MAX_WAIT)
    }
}

impl OpenWriters {
    /// Returns the files that an event reports as written. Symlinks are created complete.
    pub fn written_paths(event: &Event) -> Vec<PathBuf> {
        match event.kind {
            EventKind::Modify(ModifyKind::Data(_)) | EventKind::Create(CreateKind::File) => {
                let paths = event.paths.iter();
                paths.filter(|path| !path.is_symlink()).cloned().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Records a file event with its written files. Returns false if there are too many such files to record them all.
    pub fn record_event(&mut self, event: &Event, written: Vec<PathBuf>, now: Instant) -> bool {
        for path in written {
            if self.files.len() >= limits::CHANGED_PATHS && !self.files.contains_key(&path) {
                return false;
            }
            let writer = WriteActivity {
                first_write: now,
                last_write: now,
            };
            self.files.entry(path).or_insert(writer).last_write = now;
        }
        match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Remove(_)
            | EventKind::Modify(ModifyKind::Name(_)) => {
                for path in &event.paths {
                    self.files.remove(path);
                }
            }
            _ => {}
        }
        true
    }

    /// Removes and returns the files whose writers count as finished.
    pub fn take_finished(&mut self, now: Instant) -> Vec<PathBuf> {
        let mut done = Vec::new();
        self.files.retain(|path, writer| {
            let busy = writer.released_at() > now;
            if !busy {
                done.push(path.clone());
            }
            busy
        });
        done
    }

    /// Returns the files that are being written.
    pub fn paths(&self) -> BTreeSet<PathBuf> {
        self.files.keys().cloned().collect()
    }

    /// Returns the time until a writer counts as finished.
    pub fn time_until_release(&self, now: Instant) -> Option<Duration> {
        let ends = self.files.values().map(WriteActivity::released_at);
        ends.min().map(|end| end.saturating_duration_since(now))
    }
}
