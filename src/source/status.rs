//! How each source is doing: what metrics, probes and logs say of it.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::SystemTime;

use crate::source::spec::SourceSpec;

/// All sources, the strongest last.
pub type SourceStatuses = Arc<[Arc<SourceStatus>]>;

/// How one source is doing. Written by the thread that orders updates, read rarely.
pub struct SourceStatus {
    /// What selectors call the source; may hold what should not be printed.
    pub name: Arc<str>,
    /// What logs and metrics call it.
    pub redacted_name: Arc<str>,
    /// What kind of source it is, in one word.
    pub kind: &'static str,
    health: Mutex<SourceHealth>,
}

/// What is known of a source at one moment.
#[derive(Debug, Clone, Default)]
pub struct SourceHealth {
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
    pub from_state_dir: bool,
}

/// A way in which things go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// There is a document, but a bad one.
    InvalidDocument,
    /// There is no document to be had.
    Unavailable,
}

impl fmt::Debug for SourceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Status")
            .field("source", &self.redacted_name)
            .field("state", &self.health())
            .finish_non_exhaustive()
    }
}

impl SourceHealth {
    /// Whether the source had a document at any time, be it an old one.
    pub fn has_flags(&self) -> bool {
        self.last_success.is_some()
    }

    /// Whether there may be newer flags than those in force.
    pub fn is_stale(&self) -> bool {
        self.from_state_dir || self.failing_since.is_some()
    }

    /// How old the flags in force are; `None` while they are known to be the newest, or if there are none.
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        let since = self.last_success.filter(|_| self.is_stale())?;
        Some(now.duration_since(since).unwrap_or_default())
    }
}

impl SourceStatus {
    /// Nothing is known yet.
    pub fn new(spec: &SourceSpec) -> SourceStatus {
        SourceStatus {
            name: spec.name.clone(),
            redacted_name: spec.redacted_name.clone(),
            kind: spec.kind.as_str(),
            health: Mutex::default(),
        }
    }

    /// What is known now.
    pub fn health(&self) -> SourceHealth {
        self.lock().clone()
    }

    /// Notes that a document was put in force.
    pub fn record_accepted(&self, now: SystemTime) {
        self.lock().accepted += 1;
        self.record_up_to_date(now);
    }

    /// Notes that the flags in force are the newest. Tells the log if they were not.
    pub fn record_up_to_date(&self, now: SystemTime) {
        let mut state = self.lock();
        state.last_success = Some(now);
        state.from_state_dir = false;
        let Some(since) = state.failing_since.take() else {
            return;
        };
        drop(state);
        let seconds = now.duration_since(since).unwrap_or_default().as_secs();
        let source = &*self.redacted_name;
        tracing::info!(source, seconds, "the source is back after {seconds} s");
    }

    /// Notes what went wrong. Whether that is news.
    pub fn record_failure(&self, now: SystemTime, trouble: FailureKind, why: &str) -> bool {
        let mut state = self.lock();
        match trouble {
            FailureKind::InvalidDocument => state.refused += 1,
            FailureKind::Unavailable => state.failed += 1,
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
    pub fn record_restored(&self, then: SystemTime) {
        let mut state = self.lock();
        state.from_state_dir = true;
        state.last_success = Some(then);
    }

    fn lock(&self) -> MutexGuard<'_, SourceHealth> {
        // Nothing in here can be left half done.
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
