//! Counters that all snapshots share: errors by code, and the label sets that have their own series.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use crate::decision::ErrorCode;
use crate::limits;
use crate::metric::evaluation::totals::EvaluationLabels;

/// The highest bit of a counter, set if there are too many label sets: then the overflow series counts it.
pub const OVERFLOW_BIT: u64 = 1 << 63;

/// The counters that all snapshots share.
#[derive(Debug, Default)]
pub struct ErrorCounters {
    not_found: AtomicU64,
    parse_error: AtomicU64,
    type_mismatch: AtomicU64,
    general: AtomicU64,
    /// The label sets that have their own series.
    admitted_label_sets: Mutex<HashSet<EvaluationLabels>>,
}

impl ErrorCounters {
    /// Returns the counter of an error.
    pub fn error_counter(&self, code: ErrorCode) -> &AtomicU64 {
        match code {
            ErrorCode::FlagNotFound => &self.not_found,
            ErrorCode::ParseError => &self.parse_error,
            ErrorCode::TypeMismatch => &self.type_mismatch,
            ErrorCode::General => &self.general,
        }
    }

    /// Admits the label set of a counter on its first use, or marks the counter as overflow if there are too many label
    /// sets.
    #[cold]
    pub fn admit_label_set(&self, counter: &AtomicU64, labels: impl FnOnce() -> EvaluationLabels) {
        let mut admitted = self
            .admitted_label_sets
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let labels = labels();
        // One slot is reserved for the overflow series.
        if admitted.contains(&labels) || admitted.len() + 1 < limits::LABEL_SETS {
            admitted.insert(labels);
        } else {
            counter.fetch_or(OVERFLOW_BIT, Relaxed);
        }
    }
}
