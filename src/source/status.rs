//! How each source is doing: what metrics, probes and logs say of it.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::SystemTime;

use crate::source::spec::Spec;

/// All sources, the strongest last.
pub type Statuses = Arc<[Arc<Status>]>;

/// How one source is doing. Written by the thread that orders updates, read rarely.
pub struct Status {
    /// What selectors call the source; may hold what should not be printed.
    pub name: Arc<str>,
    /// What logs and metrics call it.
    pub label: Arc<str>,
    /// What kind of source it is, in one word.
    pub kind: &'static str,
    state: Mutex<State>,
}

/// What is known of a source at one moment.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// When its document was last known to be the newest there is.
    pub last_success: Option<SystemTime>,
    /// The last thing that went wrong, and when.
    pub last_error: Option<(SystemTime, String)>,
    /// Since when things go wrong, if they do.
    pub failing_since: Option<SystemTime>,
    /// Documents that were put in force.
    pub accepted: u64,
    /// Documents that were refused.
    pub refused: u64,
    /// Attempts that brought no document.
    pub failed: u64,
    /// Whether its flags are those of an earlier process, from the state directory.
    pub stored: bool,
}

/// A way in which things go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There is a document, but a bad one.
    Refused,
    /// There is no document to be had.
    Failed,
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Status")
            .field("source", &self.label)
            .field("state", &self.read())
            .finish_non_exhaustive()
    }
}

impl State {
    /// Whether the source had a document at any time, be it an old one.
    pub fn has_flags(&self) -> bool {
        self.last_success.is_some()
    }

    /// Whether there may be newer flags than those in force.
    pub fn is_stale(&self) -> bool {
        self.stored || self.failing_since.is_some()
    }

    /// How old the flags in force are; `None` while they are known to be the newest, or if there are none.
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        let since = self.last_success.filter(|_| self.is_stale())?;
        Some(now.duration_since(since).unwrap_or_default())
    }
}

impl Status {
    /// Nothing is known yet.
    pub fn new(spec: &Spec) -> Status {
        Status {
            name: spec.name.clone(),
            label: spec.label.clone(),
            kind: spec.kind.word(),
            state: Mutex::default(),
        }
    }

    /// What is known now.
    pub fn read(&self) -> State {
        self.lock().clone()
    }

    /// Notes that a document was put in force.
    pub fn accepted(&self, now: SystemTime) {
        self.lock().accepted += 1;
        self.confirmed(now);
    }

    /// Notes that the flags in force are the newest. Tells the log if they were not.
    pub fn confirmed(&self, now: SystemTime) {
        let mut state = self.lock();
        state.last_success = Some(now);
        state.stored = false;
        let Some(since) = state.failing_since.take() else {
            return;
        };
        drop(state);
        let seconds = now.duration_since(since).unwrap_or_default().as_secs();
        let source = &*self.label;
        tracing::info!(source, seconds, "the source is back after {seconds} s");
    }

    /// Notes what went wrong. Whether that is news.
    pub fn trouble(&self, now: SystemTime, trouble: Trouble, why: &str) -> bool {
        let mut state = self.lock();
        match trouble {
            Trouble::Refused => state.refused += 1,
            Trouble::Failed => state.failed += 1,
        }
        let same = state
            .last_error
            .as_ref()
            .is_some_and(|(_, last)| last == why);
        let news = state.failing_since.is_none() || !same;
        state.failing_since.get_or_insert(now);
        state.last_error = Some((now, why.to_owned()));
        news
    }

    /// Notes that the flags are those that were good at `then`, in an earlier process.
    pub fn restored(&self, then: SystemTime) {
        let mut state = self.lock();
        state.stored = true;
        state.last_success = Some(then);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here can be left half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
