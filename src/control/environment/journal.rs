//! `Journal`: the handle of the thread that writes the store, in the order of the requests.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

use tokio::sync::oneshot;

use crate::control::environment::error::ChangeError;
use crate::control::revision::Definitions;
use crate::control::store::Append;
use crate::control::store::DefinitionsDelta;
use crate::control::store::RecordChange;
use crate::control::store::RevisionDefinitions;
use crate::control::store::Store;
use crate::control::store::StoreError;
use crate::event_log::EventDraft;
use crate::event_log::SealedEvent;
use crate::wire::content_hash::ContentHash;

/// The most appends that wait for the thread. An environment has at most one.
const QUEUE: usize = 256;

/// An event to append, with the state and the definitions after it.
#[derive(Debug)]
pub struct JournalEntry {
    /// The event.
    pub event: EventDraft,
    /// The number of the last event.
    pub expected_seq: u64,
    /// The state after the event, in JSON.
    pub state: String,
    /// The definitions of the last event.
    pub before: Arc<Definitions>,
    /// The definitions after the event.
    pub after: Arc<Definitions>,
    /// The hash of `after`.
    pub content_hash: ContentHash,
    /// Records that are written with the event.
    pub records: Vec<RecordChange>,
}

/// Work of the thread, with the way to its caller.
enum Task {
    Append(Box<JournalEntry>, Reply<SealedEvent>),
    Records(Vec<RecordChange>, Reply<()>),
}

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;
/// The way of a result to the caller.
pub type Written<T> = oneshot::Receiver<Result<T, StoreError>>;

/// The handle of the journal thread. The thread ends when all handles are dropped.
#[derive(Debug, Clone)]
pub struct Journal {
    tasks: mpsc::SyncSender<Task>,
    /// The start of the append that the thread is busy with.
    busy_since: Arc<Mutex<Option<Instant>>>,
}

impl Journal {
    /// Starts the thread.
    ///
    /// # Errors
    /// If no thread can be created.
    pub fn start(mut store: Box<dyn Store>) -> std::io::Result<Journal> {
        let (tasks, queue) = mpsc::sync_channel::<Task>(QUEUE);
        let busy_since = Arc::new(Mutex::new(None));
        let busy = busy_since.clone();
        std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || {
                while let Ok(task) = queue.recv() {
                    *lock(&busy) = Some(Instant::now());
                    run(&mut *store, task, || *lock(&busy) = None);
                }
            })?;
        Ok(Journal { tasks, busy_since })
    }

    /// Asks the thread to append an entry. The receiver gets the result.
    ///
    /// # Errors
    /// If the thread has ended, or too many entries wait.
    pub fn append(&self, entry: JournalEntry) -> Result<Written<SealedEvent>, ChangeError> {
        let (reply, result) = oneshot::channel();
        self.send(Task::Append(Box::new(entry), reply))?;
        Ok(result)
    }

    /// Asks the thread to write records without an event.
    ///
    /// # Errors
    /// If the thread has ended, or too many entries wait.
    pub fn write_records(&self, records: Vec<RecordChange>) -> Result<Written<()>, ChangeError> {
        let (reply, result) = oneshot::channel();
        self.send(Task::Records(records, reply))?;
        Ok(result)
    }

    fn send(&self, task: Task) -> Result<(), ChangeError> {
        match self.tasks.try_send(task) {
            Ok(()) => Ok(()),
            Err(mpsc::TrySendError::Full(_)) => Err(ChangeError::Busy),
            Err(mpsc::TrySendError::Disconnected(_)) => Err(ChangeError::Ended("the journal")),
        }
    }

    /// Returns how long the thread has been busy with one append.
    pub fn busy_for(&self) -> Option<Duration> {
        lock(&self.busy_since).map(|since| since.elapsed())
    }
}

fn lock(busy: &Mutex<Option<Instant>>) -> std::sync::MutexGuard<'_, Option<Instant>> {
    busy.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries out a task. A caller waits until it has the result, or has ended with the process.
fn run(store: &mut dyn Store, task: Task, done: impl FnOnce()) {
    match task {
        Task::Append(entry, reply) => {
            let result = append(store, &entry);
            done();
            let _ = reply.send(result);
        }
        Task::Records(records, reply) => {
            let result = store.write_records(&records);
            done();
            let _ = reply.send(result);
        }
    }
}

fn append(store: &mut dyn Store, entry: &JournalEntry) -> Result<SealedEvent, StoreError> {
    let delta = DefinitionsDelta::between(&entry.before, &entry.after);
    store.append(&Append {
        event: entry.event.clone(),
        expected_seq: entry.expected_seq,
        state: &entry.state,
        revision: RevisionDefinitions {
            content_hash: entry.content_hash,
            delta: &delta,
            complete: &entry.after,
        },
        records: &entry.records,
    })
}
