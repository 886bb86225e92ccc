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

    /// Returns true if a probe or a scrape waits for an answer.
    pub fn has_pings(&self) -> bool {
        !self.pings.is_empty()
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

/// Waits for a wakeup, for a writer to finish, or for the next scan, which is due `poll_interval` after `last_scan`.
/// Returns `None` if the thread must stop.
pub fn next_batch(
    wakeups: &mpsc::Receiver<Wakeup>,
    files: &FileEvents,
    last_scan: Instant,
    poll_interval: Option<Duration>,
) -> Option<Batch> {
    let now = Instant::now();
    let poll = poll_interval.map(|interval| interval.saturating_sub(now - last_scan));
    let wait = files.time_until_release(now).into_iter().chain(poll).min();
    let mut batch = Batch::default();
    match receive(wakeups, wait) {
        Ok(wakeup) => batch.add(wakeup)?,
        Err(RecvTimeoutError::Disconnected) => return None,
        Err(RecvTimeoutError::Timeout) => batch.is_scan_due = true,
    }
    // Wakeups that have arrived meanwhile are part of the same change.
    while let Ok(wakeup) = wakeups.try_recv() {
        batch.add(wakeup)?;
    }
    let is_poll_due = poll_interval.is_some_and(|interval| last_scan.elapsed() >= interval);
    if batch.is_scan_due || is_poll_due {
        batch.scan = Some(files.take(Instant::now()));
    }
    Some(batch)
}

/// Waits for a wakeup: without a limit if `wait` is `None`.
fn receive(
    wakeups: &mpsc::Receiver<Wakeup>,
    wait: Option<Duration>,
) -> Result<Wakeup, RecvTimeoutError> {
    match wait {
        Some(wait) => wakeups.recv_timeout(wait),
        None => wakeups
            .recv()
            .map_err(|mpsc::RecvError| RecvTimeoutError::Disconnected),
    }
}
