//! Counters of one flag.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use ecow::EcoString;

use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::decision::Reason;
use crate::limits;
use crate::ruleset::CompiledFlag;

/// A counter whose labels came too late to be told apart: its highest bit is set.
const OVERFLOW_BIT: u64 = 1 << 63;
const REASONS: [Reason; 3] = [Reason::Static, Reason::Default, Reason::TargetingMatch];

/// What all generations share.
#[derive(Debug, Default)]
pub struct SharedCounters {
    not_found: AtomicU64,
    parse_error: AtomicU64,
    type_mismatch: AtomicU64,
    general: AtomicU64,
    /// The labels that have a series of their own.
    admitted_label_sets: Mutex<HashSet<EvaluationLabels>>,
}

/// The counters of a flag, once it is asked for.
pub type LazyFlagCounters = OnceLock<Box<FlagCounters>>;

/// The counters of a flag with certain variants.
#[derive(Debug)]
pub struct FlagCounters {
    key: EcoString,
    variants: Arc<[EcoString]>,
    /// Three for each variant, one a reason, then one for disabled and one for no default.
    counters: Box<[AtomicU64]>,
}

/// What tells counts apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EvaluationLabels {
    /// The flag's key.
    pub key: EcoString,
    /// The variant's name; empty if there is none.
    pub variant: EcoString,
    /// Why.
    pub reason: &'static str,
}

/// What was counted, and how much of it has no series of its own.
#[derive(Debug, Clone, Default)]
pub struct EvaluationTotals {
    /// By answer.
    pub by_labels: BTreeMap<EvaluationLabels, u64>,
    /// The rest.
    pub overflow: u64,
}

impl SharedCounters {
    /// The counter of an error.
    pub fn error_counter(&self, code: ErrorCode) -> &AtomicU64 {
        match code {
            ErrorCode::FlagNotFound => &self.not_found,
            ErrorCode::ParseError => &self.parse_error,
            ErrorCode::TypeMismatch => &self.type_mismatch,
            ErrorCode::General => &self.general,
        }
    }

    /// Gives a counter that was never used a series of its own, or marks it if there are too many.
    #[cold]
    fn admit_label_set(&self, counter: &AtomicU64, answer: impl FnOnce() -> EvaluationLabels) {
        let mut admitted = self
            .admitted_label_sets
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let answer = answer();
        // One place is left for the series of the overflow.
        if admitted.contains(&answer) || admitted.len() + 1 < limits::LABEL_SETS {
            admitted.insert(answer);
        } else {
            counter.fetch_or(OVERFLOW_BIT, Relaxed);
        }
    }
}

impl FlagCounters {
    /// Counters for what `flag` can answer, at zero.
    pub fn new(flag: &CompiledFlag) -> FlagCounters {
        let outcomes = 3 * flag.variant_names.len() + 2;
        FlagCounters {
            key: (*flag.key).into(),
            variants: flag.variant_names.clone(),
            counters: (0..outcomes).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// The labels of the counter at `index`.
    fn labels_at(&self, index: usize) -> EvaluationLabels {
        let variant = self.variants.get(index / 3);
        let without = if index == 3 * self.variants.len() {
            "DISABLED"
        } else {
            "DEFAULT"
        };
        let reason = variant.and_then(|_| REASONS.get(index % 3));
        EvaluationLabels {
            key: self.key.clone(),
            variant: variant.cloned().unwrap_or_default(),
            reason: reason.map_or(without, |reason| reason.as_str()),
        }
    }

    /// Counts an answer; errors are not counted here.
    pub fn count(&self, decision: Decision, shared: &SharedCounters) {
        let without = 3 * self.variants.len();
        let index = match decision {
            Decision::Variant(index, reason) => 3 * usize::from(index) + reason_index(reason),
            Decision::Disabled => without,
            Decision::NoDefault => without + 1,
            Decision::Error(_) => return,
        };
        let Some(counter) = self.counters.get(index) else {
            return;
        };
        if counter.load(Relaxed) == 0 {
            shared.admit_label_set(counter, || self.labels_at(index));
        }
        counter.fetch_add(1, Relaxed);
    }

    /// Adds what was counted to `sums`.
    pub fn add_to(&self, sums: &mut EvaluationTotals) {
        for (index, counter) in self.counters.iter().enumerate() {
            match counter.load(Relaxed) {
                0 => {}
                count if count & OVERFLOW_BIT != 0 => sums.overflow += count & !OVERFLOW_BIT,
                count => *sums.by_labels.entry(self.labels_at(index)).or_default() += count,
            }
        }
    }
}

fn reason_index(reason: Reason) -> usize {
    match reason {
        Reason::Static => 0,
        Reason::Default => 1,
        Reason::TargetingMatch => 2,
    }
}
