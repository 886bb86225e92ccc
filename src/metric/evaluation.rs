//! Evaluation counters: how often each flag was evaluated to each variant, with each reason.
//!
//! Every snapshot has counters beside its flags; the next snapshot inherits them by key, so that no count ever
//! decreases. A flag's counters are allocated on its first evaluation: a flag that is never evaluated costs one
//! pointer.

mod export;
mod flag_counters;
mod error_counters;
mod totals;

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ecow::EcoString;

use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::metric::evaluation::error_counters::ErrorCounters;
use crate::metric::evaluation::flag_counters::FlagCounters;
use crate::metric::evaluation::flag_counters::LazyFlagCounters;
use crate::metric::evaluation::totals::EvaluationTotals;
use crate::metric::family::MetricFamily;
use crate::ruleset::CompiledFlag;
use crate::ruleset::Ruleset;
use crate::ruleset::merge_join::merge_join;

/// The evaluation counters of one snapshot.
#[derive(Debug, Default)]
pub struct EvaluationCounters {
    /// The counters of the flags, by position. Flags with the same key and the same variants share them.
    by_flag: Vec<Arc<LazyFlagCounters>>,
    /// The counters of flags that were removed or have other variants now, while older snapshots may still count.
    retired: Vec<Arc<LazyFlagCounters>>,
    /// The sums of dropped counters.
    retired_totals: Arc<EvaluationTotals>,
    shared: Arc<ErrorCounters>,
}

impl EvaluationCounters {
    /// Returns the counters of `ruleset`, which replaces `before` with its `counters`.
    pub fn carry_over(
        ruleset: &Ruleset,
        before: &Ruleset,
        counters: &EvaluationCounters,
    ) -> EvaluationCounters {
        let mut flags = Vec::with_capacity(ruleset.flags.len());
        let mut retired = Vec::new();
        let mut cells = &*counters.by_flag;
        for (was, group) in merge_join(before, ruleset) {
            let (counted, others) = cells.split_at(was.len().min(cells.len()));
            cells = others;
            match (group, was, counted) {
                ([_], [], _) => flags.push(Arc::default()),
                ([flag], [was], [cell])
                    if Arc::ptr_eq(flag, was) || flag.variant_names == was.variant_names =>
                {
                    flags.push(cell.clone());
                }
                _ => carry_over_key_group(group, (was, counted), &mut flags, &mut retired),
            }
        }
        let mut retired_totals = counters.retired_totals.clone();
        for cell in &counters.retired {
            // Another reference belongs to a request on an older snapshot, which may still count.
            if Arc::strong_count(cell) > 1 {
                retired.push(cell.clone());
            } else if let Some(counts) = cell.get() {
                counts.add_to(Arc::make_mut(&mut retired_totals));
            }
        }
        EvaluationCounters {
            by_flag: flags,
            retired,
            retired_totals,
            shared: counters.shared.clone(),
        }
    }

    /// Counts a decision of the flag at `position`.
    pub fn count_evaluation(&self, position: usize, flag: &CompiledFlag, decision: Decision) {
        if let Decision::Error(code) = decision {
            return self.count_error(code);
        }
        let Some(cell) = self.by_flag.get(position) else {
            return;
        };
        let counts = cell.get_or_init(|| Box::new(FlagCounters::new(flag)));
        counts.count(decision, &self.shared);
    }

    /// Returns flagd's two families.
    pub fn collect(&self) -> [MetricFamily; 2] {
        let mut totals = EvaluationTotals::clone(&self.retired_totals);
        let mut seen = HashSet::new();
        for cell in self.by_flag.iter().chain(&self.retired) {
            if let Some(counts) = cell.get().filter(|_| seen.insert(Arc::as_ptr(cell))) {
                counts.add_to(&mut totals);
            }
        }
        export::families(&totals, &self.shared)
    }

    /// Counts an error.
    pub fn count_error(&self, code: ErrorCode) {
        self.shared
            .error_counter(code)
            .fetch_add(1, Ordering::Relaxed);
    }
}

/// Flags and their counters.
type FlagsAndCounters<'o> = (&'o [Arc<CompiledFlag>], &'o [Arc<LazyFlagCounters>]);

/// Keeps the counters of removed flags that have counts.
fn retire_used<'c>(
    retired: &mut Vec<Arc<LazyFlagCounters>>,
    cells: impl IntoIterator<Item = &'c Arc<LazyFlagCounters>>,
) {
    let counted = cells.into_iter().filter(|cell| cell.get().is_some());
    retired.extend(counted.cloned());
}

/// Adds the counters of the flags with one key, taken from the `previous` flags with that key where the variants are
/// equal.
fn carry_over_key_group(
    group: &[Arc<CompiledFlag>],
    previous: FlagsAndCounters<'_>,
    flags: &mut Vec<Arc<LazyFlagCounters>>,
    retired: &mut Vec<Arc<LazyFlagCounters>>,
) {
    let mut cells: HashMap<&[EcoString], Arc<LazyFlagCounters>> = HashMap::new();
    for (flag, cell) in previous.0.iter().zip(previous.1) {
        cells.insert(&flag.variant_names, cell.clone());
    }
    for flag in group {
        flags.push(cells.entry(&flag.variant_names).or_default().clone());
    }
    for flag in group {
        cells.remove(&*flag.variant_names);
    }
    retire_used(retired, cells.values());
}
