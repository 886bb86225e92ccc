//! `Environment`: the state that the API, the fleet service and the tasks of an environment share.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::OwnedMutexGuard;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::control::environment::current::Backlog;
use crate::control::environment::current::Current;
use crate::control::environment::journal::Journal;
use crate::control::environment::write::Recording;
use crate::control::fleet::replica_registry::ReplicaRegistry;
use crate::control::model::environment_state::EnvironmentState;
use crate::control::model::overlay;
use crate::control::revision::Revision;
use crate::live::Live;
use crate::ruleset::CompiledFlag;
use crate::ruleset::Ruleset;
use crate::selector::Selector;
use crate::source::status::SourceStatuses;

/// One environment. Shared by the API, the fleet service and its own tasks.
pub struct Environment {
    /// The name.
    pub name: Arc<str>,
    /// The published revision.
    pub(super) revision: watch::Sender<Arc<Revision>>,
    /// The flags as their files define them.
    pub authored: Arc<Live>,
    /// The health of the files.
    pub sources: SourceStatuses,
    /// The recorded state, and the kills that are not recorded yet.
    pub(super) current: Mutex<Current>,
    /// Held by the change that is being recorded.
    pub(super) write_gate: Arc<tokio::sync::Mutex<()>>,
    /// Held by the ordinary change that waits for the gate. Only one waits there at a time, so a kill waits for at most
    /// two ordinary changes: the one that is being recorded, and this one.
    pub(super) ordinary_queue: tokio::sync::Mutex<()>,
    /// The kills that are not recorded.
    pub(super) backlog: watch::Sender<Backlog>,
    pub(super) journal: Journal,
    /// Writes on their way to the log.
    pub(super) recordings: mpsc::Sender<Recording>,
    /// Wakes the task that records pending kills.
    pub(super) pending_kills: Notify,
    /// True once the files were read completely, and their flags are served or wait for the end of a pause.
    pub(super) files_read: watch::Sender<bool>,
    /// The replicas and their receipts.
    pub replicas: Arc<ReplicaRegistry>,
}

/// The status of an environment, for operators.
#[derive(Debug, Clone)]
pub struct EnvironmentStatus {
    /// The published revision.
    pub revision: Arc<Revision>,
    /// The flags that the state overlays, with the rollout fields of their files.
    pub base: Arc<Ruleset>,
    /// The active state.
    pub state: Arc<EnvironmentState>,
    /// The kills that are not recorded.
    pub backlog: Backlog,
    /// The parts of the state that have no effect.
    pub findings: Vec<String>,
    /// Keys of flags whose edits wait for the end of a pause or a freeze.
    pub waiting_edits: Vec<Arc<str>>,
    /// True if the files were read completely once.
    pub files_read: bool,
}

impl EnvironmentStatus {
    /// The flags with what was decided about them. After a restart, those of the revision lack the rollout fields.
    pub fn effective(&self) -> Ruleset {
        overlay::overlay(&self.base.flags, &self.state).ruleset
    }

    /// One of these flags.
    pub fn effective_flag(&self, key: &str) -> Option<Arc<CompiledFlag>> {
        let position = self.base.position(key, &Selector::All)?;
        let flag = self.base.flags.get(position)?;
        let overlaid = overlay::overlay(std::slice::from_ref(flag), &self.state);
        overlaid.ruleset.flags.first().cloned()
    }
}

/// The most keys of waiting edits in a status.
const MAX_WAITING_EDITS: usize = 100;

impl Environment {
    /// Returns the published revision.
    pub fn revision(&self) -> Arc<Revision> {
        self.revision.borrow().clone()
    }

    /// Returns a receiver of published revisions.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Revision>> {
        self.revision.subscribe()
    }

    /// Returns the status.
    pub fn status(&self) -> EnvironmentStatus {
        let authored = self.authored.load_full();
        let current = self.lock();
        let state = current.effective_state();
        let waiting = current.waiting_edits(&authored.ruleset, &state, MAX_WAITING_EDITS);
        EnvironmentStatus {
            revision: self.revision(),
            base: current.base.clone(),
            backlog: self.backlog.borrow().clone(),
            findings: current.findings.clone(),
            waiting_edits: waiting,
            files_read: *self.files_read.borrow(),
            state,
        }
    }

    /// Waits until the files were read, for at most `wait`: until then, the rollout fields of their flags are unknown.
    pub async fn wait_until_files_read(&self, wait: Duration) {
        let mut files_read = self.files_read.subscribe();
        // If it takes longer, what is known is shown.
        drop(tokio::time::timeout(wait, files_read.wait_for(|read| *read)).await);
    }

    /// Passes the gate, through which one change at a time goes to the log.
    pub(super) async fn pass_gate(&self, is_protective: bool) -> OwnedMutexGuard<()> {
        let gate = self.write_gate.clone().lock_owned();
        if is_protective {
            return gate.await;
        }
        let _first_in_queue = self.ordinary_queue.lock().await;
        gate.await
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Current> {
        // The state behind the lock is replaced as a whole, so a panic leaves it intact.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
