//! Who is writing: files that were changed in place and not closed yet. Half a file can be a valid document.

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

/// A writer that is silent for so long counts as done although it keeps the file open.
const SILENT: Duration = Duration::from_secs(1);
/// A writer that never falls silent is not waited for any longer than this.
const ENDLESS: Duration = Duration::from_secs(10);

/// Files that are being written.
#[derive(Debug, Default)]
pub struct Writers {
    files: BTreeMap<PathBuf, Writer>,
}

#[derive(Debug)]
struct Writer {
    first: Instant,
    last: Instant,
}

impl Writer {
    fn end(&self) -> Instant {
        (self.last + SILENT).min(self.first + ENDLESS)
    }
}

impl Writers {
    /// Learns from an event.
    pub fn note(&mut self, event: &Event, now: Instant) {
        match event.kind {
            EventKind::Modify(ModifyKind::Data(_)) | EventKind::Create(CreateKind::File) => {
                for path in event.paths.iter().filter(|path| !path.is_symlink()) {
                    let writer = Writer {
                        first: now,
                        last: now,
                    };
                    self.files.entry(path.clone()).or_insert(writer).last = now;
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

    /// Forgets files whose writers count as done. Which ones those are.
    pub fn release(&mut self, now: Instant) -> Vec<PathBuf> {
        let mut done = Vec::new();
        self.files.retain(|path, writer| {
            let busy = writer.end() > now;
            if !busy {
                done.push(path.clone());
            }
            busy
        });
        done
    }

    /// The files that are being written.
    pub fn busy(&self) -> BTreeSet<PathBuf> {
        self.files.keys().cloned().collect()
    }

    /// How long until a writer counts as done.
    pub fn patience(&self, now: Instant) -> Option<Duration> {
        let ends = self.files.values().map(Writer::end);
        ends.min().map(|end| end.saturating_duration_since(now))
    }
}
