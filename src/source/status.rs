//! The status of each source: last success, last error, counts of updates and errors.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::SystemTime;

use crate::limits;
use crate::source::error::SourceError;
use crate::source::error::kind::SourceErrorKind;
use crate::source::spec::SourceSpec;
use crate::wire::fleet::revision_id::RevisionId;

/// The status of all sources, in order of priority: the last wins.
pub type SourceStatuses = Arc<[Arc<SourceStatus>]>;

/// The status of one source. Written by the update thread, read by metrics, probes and debug endpoints.
pub struct SourceStatus {
    /// The source's name in selectors; may contain a secret.
    pub name: Arc<str>,
    /// Its name in logs and metrics.
    pub redacted_name: Arc<str>,
    /// Its kind in one word.
    pub kind: &'static str,
    health: Mutex<SourceHealth>,
}

/// The health of a source at one moment.
#[derive(Debug, Clone, Default)]
pub struct SourceHealth {
    /// The last time when its document was known to be up to date.
    pub last_success: Option<SystemTime>,
    /// The last error and its time.
    pub last_error: Option<(SystemTime, String)>,
    /// The time of the first failure since the last success.
    pub failing_since: Option<SystemTime>,
    /// Accepted documents.
    pub accepted: u64,
    /// Refused documents. A document that is read again is not counted again.
    pub refused: u64,
    /// Attempts without a document.
    pub failed: u64,
    /// Failures by kind, including refused documents.
    pub errors: BTreeMap<SourceErrorKind, u64>,
    /// True if its flags are those of an earlier process, from the state directory.
    pub from_state_dir: bool,
    /// True if the flags are up to date until an event says otherwise: the files are not polled.
    pub is_followed: bool,
    /// The revision of its document, if that came from a control plane.
    pub revision: Option<RevisionId>,
}

impl fmt::Debug for SourceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceStatus")
            .field("source", &self.redacted_name)
            .field("state", &self.health())
            .finish_non_exhaustive()
    }
}

impl SourceHealth {
    /// Returns true if the source has a document, even a stale one.
    pub fn has_flags(&self) -> bool {
        self.last_success.is_some() || self.from_state_dir
    }

    /// Returns true if there may be newer flags than the active ones.
    pub fn is_stale(&self) -> bool {
        self.from_state_dir || self.failing_since.is_some()
    }

    /// Returns the age of stale flags; `None` if they are not stale, there are no flags, or their age is unknown.
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        let since = self.last_success.filter(|_| self.is_stale())?;
        match now.duration_since(since) {
            Ok(age) => Some(age),
            Err(early) if early.duration() <= limits::CLOCK_TOLERANCE => Some(Duration::ZERO),
            Err(_) => None,
        }
    }

    /// Returns true if there are stale flags of unknown age: their time is in the future, because the clock was changed.
    pub fn is_age_unknown(&self, now: SystemTime) -> bool {
        self.is_stale() && self.has_flags() && self.age(now).is_none()
    }
}

impl SourceStatus {
    /// Returns the status of a source that was not read yet.
    pub fn new(spec: &SourceSpec) -> SourceStatus {
        SourceStatus {
            name: spec.name.clone(),
            redacted_name: spec.redacted_name.clone(),
            kind: spec.kind.as_str(),
            health: Mutex::default(),
        }
    }

    /// Returns the health now.
    pub fn health(&self) -> SourceHealth {
        let mut health = self.lock().clone();
        if health.is_followed && !health.is_stale() {
            health.last_success = Some(SystemTime::now());
        }
        health
    }

    /// Records whether the flags are up to date until an event says otherwise.
    pub fn record_followed(&self, is_followed: bool) {
        self.lock().is_followed = is_followed;
    }

    /// Records that a document was accepted.
    pub fn record_accepted(&self, now: SystemTime) {
        self.lock().accepted += 1;
        self.record_up_to_date(now);
    }

    /// Records that the active flags are up to date. Logs the recovery of a failing source.
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
        tracing::info!(
            source,
            seconds,
            "source recovered after {seconds} s; its flags are up to date"
        );
    }

    /// Records the revision of the active document.
    pub fn record_revision(&self, revision: Option<RevisionId>) {
        self.lock().revision = revision;
    }

    /// Counts documents that were refused.
    pub fn count_refused(&self, documents: u64) {
        let mut state = self.lock();
        state.refused += documents;
        if documents > 0 {
            *state.errors.entry(SourceErrorKind::Parse).or_default() += documents;
        }
    }

    /// Records a failure, and counts it unless it is an invalid document, which [`SourceStatus::count_refused`] counts.
    /// Returns true if it must be logged: it is the first one since a success, or has another reason.
    pub fn record_failure(&self, now: SystemTime, error: &SourceError) -> bool {
        let why = error.to_string();
        let mut state = self.lock();
        if !error.is_invalid_document() {
            state.failed += 1;
            *state.errors.entry(error.kind()).or_default() += 1;
        }
        let last = state.last_error.as_ref();
        let is_same = last.is_some_and(|(_, last)| *last == why);
        let is_news = state.failing_since.is_none() || !is_same;
        state.failing_since.get_or_insert(now);
        state.last_error = Some((now, why));
        is_news
    }

    /// Records that the flags are those of an earlier process, which were good at `then`, if that is known.
    pub fn record_restored(&self, then: Option<SystemTime>) {
        let mut state = self.lock();
        state.from_state_dir = true;
        state.last_success = then;
    }

    fn lock(&self) -> MutexGuard<'_, SourceHealth> {
        // A panic cannot leave the health inconsistent.
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
