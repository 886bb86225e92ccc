//! Evaluation counters of one flag, one for each variant and reason.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use ecow::EcoString;

use crate::decision::Decision;
use crate::decision::Reason;
use crate::metric::evaluation::error_counters::ErrorCounters;
use crate::metric::evaluation::error_counters::OVERFLOW_BIT;
use crate::metric::evaluation::totals::EvaluationLabels;
use crate::metric::evaluation::totals::EvaluationTotals;
use crate::ruleset::CompiledFlag;

const REASONS: [Reason; 3] = [Reason::Static, Reason::Default, Reason::TargetingMatch];

/// The counters of a flag, allocated on its first evaluation.
pub type LazyFlagCounters = OnceLock<Box<FlagCounters>>;

/// The counters of a flag with certain variants.
#[derive(Debug)]
pub struct FlagCounters {
    key: EcoString,
    variants: Arc<[EcoString]>,
    /// Three per variant, one for each reason, then one for disabled and one for no default.
    counters: Box<[AtomicU64]>,
}

impl FlagCounters {
    /// Returns counters for each outcome of `flag`, at zero.
    pub fn new(flag: &CompiledFlag) -> FlagCounters {
        let outcomes = 3 * flag.variant_names.len() + 2;
        FlagCounters {
            key: (*flag.key).into(),
            variants: flag.variant_names.clone(),
            counters: (0..outcomes).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Returns the labels of the counter at `index`.
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

    /// Counts a decision; errors are not counted here.
    pub fn count(&self, decision: Decision, shared: &ErrorCounters) {
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

    /// Adds the counts to `sums`.
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
