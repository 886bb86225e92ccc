//! Batches: collects wakeups until a scan or an update is due.

use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;
use std::time::Instant;

use tokio::sync::oneshot;

use crate::source::file::file_events::FileEvents;
use crate::source::file::scan_scope::ScanScope;
use crate::source::update_channel::SourceUpdate;
use crate::source::update_channel::Wakeup;

/// The time between scans without an event. Network file systems, and symlinks into other directories, send no events.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The work of one iteration of the update thread.
#[derive(Default)]
pub struct Batch {
    /// The files to read, if a scan is due.
    pub scan: Option<ScanScope>,
    /// Updates of network sources, with the index of each source.
    pub updates: Vec<(usize, SourceUpdate)>,
    /// True if a scan is due before the next poll.
    is_scan_due: bool,
    /// True if the report of an earlier scan has arrived.
    has_report: bool,
    pings: Vec<oneshot::Sender<()>>,
}

impl Batch {
    /// Adds a wakeup. Returns `None` if the thread must stop.
    fn add(&mut self, wakeup: Wakeup) -> Option<()> {
        match wakeup {
            Wakeup::Stop => return None,
            Wakeup::Update(source, update) => self.updates.push((source, update)),
            Wakeup::Ping(answer) => self.pings.push(answer),
            Wakeup::FilesChanged => self.is_scan_due = true,
            Wakeup::ScanFinished => self.has_report = true,
        }
        Some(())
    }

    /// Answers the pings. Returns true if there is nothing else to do.
    pub fn answer_pings(&mut self) -> bool {
        for answer in self.pings.drain(..) {
            // The check may have ended.
            let _ = answer.send(());
        }
        self.scan.is_none() && self.updates.is_empty() && !self.has_report
    }
}

/// Waits for a wakeup, for a writer to finish, or for the next poll. `last_scan` is the time of the last scan. Returns
/// `None` if the thread must stop.
pub fn next_batch(
    wakeups: &mpsc::Receiver<Wakeup>,
    files: &FileEvents,
    last_scan: Instant,
) -> Option<Batch> {
    let now = Instant::now();
    let poll = POLL_INTERVAL.saturating_sub(now - last_scan);
    let wait = files
        .time_until_release(now)
        .map_or(poll, |left| left.min(poll));
    let mut batch = Batch::default();
    match wakeups.recv_timeout(wait) {
        Ok(wakeup) => batch.add(wakeup)?,
        Err(RecvTimeoutError::Disconnected) => return None,
        Err(RecvTimeoutError::Timeout) => batch.is_scan_due = true,
    }
    // Wakeups that have arrived meanwhile are part of the same change.
    while let Ok(wakeup) = wakeups.try_recv() {
        batch.add(wakeup)?;
    }
    if batch.is_scan_due || last_scan.elapsed() >= POLL_INTERVAL {
        batch.scan = Some(files.take(Instant::now()));
    }
    Some(batch)
}
