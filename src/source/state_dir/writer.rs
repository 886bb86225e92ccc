//! `StateWriter`: the thread that reads and writes the state directory, so that a file system that does not respond
//! delays no update.

use std::panic;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use crate::limits;
use crate::metric::family::MetricFamily;
use crate::metric::thread_activity::ThreadActivity;
use crate::source::state_dir::StateDir;
use crate::source::state_dir::StateEntry;
use crate::source::state_dir::file_name::file_stem;
use crate::source::state_dir::write_queue::Change;
use crate::source::state_dir::write_queue::ReadRequest;
use crate::source::state_dir::write_queue::Work;
use crate::source::state_dir::write_queue::WriteQueue;

/// The thread of the state directory, if there is one. It ends when this is dropped.
#[derive(Debug)]
pub struct StateWriter(Option<StateThread>);

#[derive(Debug)]
struct StateThread {
    queue: Arc<WriteQueue>,
    activity: Arc<ThreadActivity>,
    /// True after a read had no answer in time.
    is_unresponsive: AtomicBool,
}

/// Counts the documents that are not in the state directory yet.
#[derive(Debug, Clone)]
pub struct UnsavedDocuments(Option<Arc<WriteQueue>>);

impl UnsavedDocuments {
    /// Returns the count; `None` without a state directory.
    pub fn count(&self) -> Option<usize> {
        self.0.as_ref().map(|queue| queue.unsaved())
    }
}

/// Returns the gauge of documents that are not in the state directory yet.
pub fn unsaved_family(count: usize) -> MetricFamily {
    let help = "Active documents that are not in the state directory yet.";
    MetricFamily::gauge("fanion.state.unsaved_documents", "", help, count as f64)
}

impl StateWriter {
    /// Starts a thread for this directory. Without a directory the writer does nothing.
    pub fn new(directory: Option<PathBuf>) -> StateWriter {
        let Some(directory) = directory else {
            return StateWriter(None);
        };
        let queue = Arc::new(WriteQueue::default());
        let activity = Arc::new(ThreadActivity::new("state directory"));
        let (worked, busy) = (queue.clone(), activity.clone());
        let spawned = std::thread::Builder::new()
            .name("state".to_owned())
            .spawn(move || run(directory, &worked, &busy));
        if let Err(error) = spawned {
            tracing::error!(%error, "cannot start the thread of the state directory; flags are not stored");
            return StateWriter(None);
        }
        StateWriter(Some(StateThread {
            queue,
            activity,
            is_unresponsive: AtomicBool::new(false),
        }))
    }

    /// Returns the activity of the thread.
    pub fn activity(&self) -> Option<&Arc<ThreadActivity>> {
        self.0.as_ref().map(|thread| &thread.activity)
    }

    /// Returns the count of documents that are not stored yet.
    pub fn unsaved(&self) -> UnsavedDocuments {
        UnsavedDocuments(self.0.as_ref().map(|thread| thread.queue.clone()))
    }

    /// Returns the documents that an earlier process kept of a source; none if the directory does not respond.
    pub fn read_entries(&self, source: &str) -> Vec<StateEntry> {
        let Some(thread) = &self.0 else {
            return Vec::new();
        };
        if thread.is_unresponsive.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let (reply, entries) = mpsc::channel();
        thread.activity.request();
        thread.queue.request_read(ReadRequest {
            source: source.to_owned(),
            reply,
        });
        entries
            .recv_timeout(limits::STATE_READ_TIMEOUT)
            .unwrap_or_else(|_| {
                thread.is_unresponsive.store(true, Ordering::Relaxed);
                let within = limits::STATE_READ_TIMEOUT;
                tracing::error!(
                    "the state directory does not respond within {within:?}; starting without its flags"
                );
                Vec::new()
            })
    }

    /// Queues a document, if there is a directory.
    pub fn write(&self, entry: impl FnOnce() -> StateEntry) {
        if let Some(thread) = &self.0 {
            thread.activity.request();
            thread.queue.write(entry());
        }
    }

    /// Removes the document of a file.
    pub fn remove(&self, source: &str, file: &str) {
        if let Some(thread) = &self.0 {
            thread.activity.request();
            thread.queue.remove(file_stem(source, file));
        }
    }

    /// Records that the document of a file is still up to date. Does nothing if it is not stored.
    pub fn touch(&self, source: &str, file: &str) {
        if let Some(thread) = &self.0 {
            thread.queue.touch(file_stem(source, file));
        }
    }

    /// Records that the stored document of a file is active.
    pub fn mark_stored(&self, source: &str, file: &str) {
        if let Some(thread) = &self.0 {
            thread.queue.mark_stored(file_stem(source, file));
        }
    }
}

impl Drop for StateWriter {
    fn drop(&mut self) {
        if let Some(thread) = &self.0 {
            thread.queue.stop();
            thread.queue.wait_for_end(limits::STATE_DRAIN_TIMEOUT);
        }
    }
}

/// Works until the queue is stopped.
fn run(directory: PathBuf, queue: &WriteQueue, activity: &ThreadActivity) {
    let mut directory = StateDir::unopened(directory);
    while let Some(work) = queue.next() {
        activity.during(|| match work {
            Work::Read(ReadRequest { source, reply }) => {
                let read = AssertUnwindSafe(|| directory.read_entries(&source));
                let entries = panic::catch_unwind(read).unwrap_or_default();
                // The update thread may no longer wait.
                let _ = reply.send(entries);
            }
            Work::Apply(stem, change, delay) => apply(&mut directory, queue, stem, change, delay),
        });
    }
    queue.end();
}

/// Makes a change. A panic counts as a failure.
fn apply(
    directory: &mut StateDir,
    queue: &WriteQueue,
    stem: String,
    change: Change,
    delay: Duration,
) {
    let made = panic::catch_unwind(AssertUnwindSafe(|| match &change {
        Change::Write(entry) => directory.write_entry(entry),
        Change::Touch => {
            directory.touch(&stem);
            true
        }
        Change::Remove => {
            directory.remove_entry(&stem);
            true
        }
    }));
    match change {
        Change::Write(_) if !made.unwrap_or(false) => queue.record_failure(stem, change, delay),
        Change::Write(_) => queue.record_written(stem),
        Change::Touch | Change::Remove => {}
    }
}
