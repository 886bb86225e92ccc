//! `OpenWriters`: files that another process changes in place and has not closed yet. A partial file can be a valid
//! document.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

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
    /// Records a write. Returns false if too many files are being written to record them all.
    pub fn add(&mut self, path: &Path, now: Instant) -> bool {
        if let Some(writer) = self.files.get_mut(path) {
            writer.last_write = now;
            return true;
        }
        let has_room = self.files.len() < limits::CHANGED_PATHS;
        if has_room {
            let writer = WriteActivity {
                first_write: now,
                last_write: now,
            };
            self.files.insert(path.to_owned(), writer);
        }
        has_room
    }

    /// Removes a file that is complete.
    pub fn remove(&mut self, path: &Path) {
        self.files.remove(path);
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
