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
    /// Records a file event.
    pub fn record_event(&mut self, event: &Event, now: Instant) {
        match event.kind {
            EventKind::Modify(ModifyKind::Data(_)) | EventKind::Create(CreateKind::File) => {
                for path in event.paths.iter().filter(|path| !path.is_symlink()) {
                    let writer = WriteActivity {
                        first_write: now,
                        last_write: now,
                    };
                    self.files.entry(path.clone()).or_insert(writer).last_write = now;
                }
            }
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Remove(_)
            | EventKind::Modify(ModifyKind::Name(_)) => {
                for path in &event.paths {
                    self.files.remove(path);
                }
            }
            _ => {}
        }
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
