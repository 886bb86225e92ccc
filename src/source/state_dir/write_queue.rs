//! `WriteQueue`: the work of the thread of the state directory: reads at the start, and changes of documents.
//!
//! Of each document only the latest change is kept, so the queue has at most one entry per document. A write that fails
//! is tried again later, unless a newer change has replaced it. Only a document that is active and stored may get a
//! newer time: an old document that could not be replaced would look fresh.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::collections::VecDeque;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

use crate::source::state_dir::StateEntry;
use crate::sync_primitives::Condvar;
use crate::sync_primitives::Mutex;
use crate::sync_primitives::MutexGuard;

/// The delay after the first failed write of a document; it doubles with each further one.
const INITIAL_RETRY_DELAY: Duration = Duration::from_secs(1);
/// The longest delay between two attempts.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(60);

/// The queue between the update thread and the thread of the state directory.
#[derive(Debug, Default)]
pub struct WriteQueue {
    jobs: Mutex<Jobs>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Jobs {
    reads: VecDeque<ReadRequest>,
    /// The changes by the name of their file in the directory.
    changes: BTreeMap<String, PendingChange>,
    /// The files whose document is active.
    stored: HashSet<String>,
    /// True while a document is being written.
    is_writing: bool,
    is_stopped: bool,
    has_ended: bool,
}

#[derive(Debug)]
struct PendingChange {
    change: Change,
    /// The earliest time of the next attempt; `None` before the first one.
    not_before: Option<Instant>,
    retry_delay: Duration,
}

/// A request for the documents of a source.
#[derive(Debug)]
pub struct ReadRequest {
    /// The source.
    pub source: String,
    /// Receives the documents.
    pub reply: mpsc::Sender<Vec<StateEntry>>,
}

/// A change of one file of the directory.
#[derive(Debug, Clone)]
pub enum Change {
    /// It gets a new document.
    Write(StateEntry),
    /// Its document is still up to date.
    Touch,
    /// Its document is removed.
    Remove,
}

/// The next work of the thread.
#[derive(Debug)]
pub enum Work {
    /// To read documents.
    Read(ReadRequest),
    /// To change a file, after waiting this long for the next attempt if it fails.
    Apply(String, Change, Duration),
}

impl WriteQueue {
    /// Adds a request for documents.
    pub fn request_read(&self, request: ReadRequest) {
        self.update(|jobs| jobs.reads.push_back(request));
    }

    /// Adds a document. It replaces an earlier change of its file.
    pub fn write(&self, entry: StateEntry) {
        self.replace(entry.file_stem(), Change::Write(entry));
    }

    /// Adds the removal of a file.
    pub fn remove(&self, stem: String) {
        self.replace(stem, Change::Remove);
    }

    fn replace(&self, stem: String, change: Change) {
        self.update(|jobs| {
            // The document on disk is not active any more.
            jobs.stored.remove(&stem);
            jobs.changes.insert(stem, PendingChange::new(change));
        });
    }

    /// Renews the time of a document, if it is stored and active.
    pub fn touch(&self, stem: String) {
        self.update(|jobs| {
            if jobs.stored.contains(&stem) && !jobs.changes.contains_key(&stem) {
                jobs.changes.insert(stem, PendingChange::new(Change::Touch));
            }
        });
    }

    /// Records that the stored document of a file is active.
    pub fn mark_stored(&self, stem: String) {
        self.update(|jobs| {
            jobs.stored.insert(stem);
        });
    }

    /// Returns the number of documents that are not stored yet.
    pub fn unsaved(&self) -> usize {
        let jobs = self.lock();
        let is_write = |pending: &&PendingChange| matches!(pending.change, Change::Write(_));
        let waiting = jobs.changes.values().filter(is_write).count();
        waiting + usize::from(jobs.is_writing)
    }

    /// Ends the thread once it has tried all changes.
    pub fn stop(&self) {
        self.update(|jobs| jobs.is_stopped = true);
    }

    /// Waits until the thread has ended, for at most `within`.
    pub fn wait_for_end(&self, within: Duration) {
        let is_running = |jobs: &mut Jobs| !jobs.has_ended;
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), within, is_running);
        drop(waited);
    }

    /// Records that the thread has ended.
    pub fn end(&self) {
        self.update(|jobs| jobs.has_ended = true);
    }

    /// Waits for the next work. `None` if the thread must end.
    pub fn next(&self) -> Option<Work> {
        let mut jobs = self.lock();
        loop {
            if let Some(request) = jobs.reads.pop_front() {
                return Some(Work::Read(request));
            }
            if let Some(work) = jobs.next_change(Instant::now()) {
                return Some(work);
            }
            if jobs.is_stopped {
                return None;
            }
            jobs = match jobs.next_attempt() {
                None => self
                    .changed
                    .wait(jobs)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(at) => {
                    let wait = at.saturating_duration_since(Instant::now());
                    let waited = self.changed.wait_timeout(jobs, wait);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Records that a document was written.
    pub fn record_written(&self, stem: String) {
        self.update(|jobs| {
            jobs.is_writing = false;
            if !jobs.changes.contains_key(&stem) {
                jobs.stored.insert(stem);
            }
        });
    }

    /// Records that a change was not made. It is tried again after `delay`, unless a newer one has replaced it.
    pub fn record_failure(&self, stem: String, change: Change, delay: Duration) {
        self.update(|jobs| {
            jobs.is_writing = false;
            if !jobs.is_stopped && !jobs.changes.contains_key(&stem) {
                let pending = PendingChange {
                    change,
                    not_before: Some(Instant::now() + delay),
                    retry_delay: (delay * 2).min(MAX_RETRY_DELAY),
                };
                jobs.changes.insert(stem, pending);
            }
        });
    }

    fn update(&self, change: impl FnOnce(&mut Jobs)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PendingChange {
    fn new(change: Change) -> PendingChange {
        PendingChange {
            change,
            not_before: None,
            retry_delay: INITIAL_RETRY_DELAY,
        }
    }
}

impl Jobs {
    /// Takes a change that is due. After the stop all are due.
    fn next_change(&mut self, now: Instant) -> Option<Work> {
        let is_due = |pending: &PendingChange| {
            self.is_stopped || pending.not_before.is_none_or(|at| at <= now)
        };
        let due = self.changes.iter().find(|(_, pending)| is_due(pending));
        let stem = due.map(|(stem, _)| stem.clone())?;
        let pending = self.changes.remove(&stem)?;
        self.is_writing = matches!(pending.change, Change::Write(_));
        Some(Work::Apply(stem, pending.change, pending.retry_delay))
    }

    fn next_attempt(&self) -> Option<Instant> {
        let attempts = self
            .changes
            .values()
            .filter_map(|pending| pending.not_before);
        attempts.min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    use crate::document::DocumentFormat;

    fn entry(text: &'static str) -> StateEntry {
        StateEntry {
            source: "source".into(),
            file: "file".into(),
            format: DocumentFormat::Json,
            good_at: Some(SystemTime::UNIX_EPOCH),
            etag: None,
            bytes: text.into(),
        }
    }

    /// Takes the next change, which must be due.
    fn take(queue: &WriteQueue) -> Option<(Change, Duration)> {
        match queue.lock().next_change(Instant::now()) {
            Some(Work::Apply(_, change, delay)) => Some((change, delay)),
            Some(Work::Read(_)) | None => None,
        }
    }

    #[test]
    fn failed_write_is_retried_unless_a_newer_one_replaces_it() {
        let queue = WriteQueue::default();
        let stem = || entry("").file_stem();
        queue.write(entry("a"));
        let (change, delay) = take(&queue).expect("a write");
        assert_eq!((queue.unsaved(), delay), (1, INITIAL_RETRY_DELAY));
        queue.record_failure(stem(), change, Duration::ZERO);
        assert_eq!(queue.unsaved(), 1);
        let (change, _) = take(&queue).expect("the write again");
        queue.write(entry("b"));
        queue.record_failure(stem(), change, Duration::ZERO);
        let (change, delay) = take(&queue).expect("the newer write");
        assert!(matches!(change, Change::Write(entry) if &*entry.bytes == b"b"));
        assert_eq!(delay, INITIAL_RETRY_DELAY);
        queue.record_written(stem());
        assert_eq!(queue.unsaved(), 0);
        assert!(take(&queue).is_none());
    }

    #[test]
    fn only_stored_documents_in_force_are_touched() {
        let queue = WriteQueue::default();
        let stem = || entry("").file_stem();
        queue.touch(stem());
        assert!(take(&queue).is_none());
        queue.mark_stored(stem());
        queue.touch(stem());
        assert!(matches!(take(&queue), Some((Change::Touch, _))));
        queue.write(entry("a"));
        queue.touch(stem());
        let (change, _) = take(&queue).expect("the write");
        assert!(matches!(change, Change::Write(_)));
        queue.record_failure(stem(), change, Duration::from_secs(1000));
        queue.touch(stem());
        assert!(take(&queue).is_none());
    }
}
