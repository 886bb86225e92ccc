//! How often each flag gave each answer.
//!
//! Every snapshot has a tally beside its flags; the next one takes the counters over by key, so that they never go
//! backwards. Counters are made when they are first needed: flags that nobody asks for cost next to nothing.

mod flag_counters;
mod export;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ecow::EcoString;

use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::metric::evaluation::flag_counters::EvaluationTotals;
use crate::metric::evaluation::flag_counters::FlagCounters;
use crate::metric::evaluation::flag_counters::LazyFlagCounters;
use crate::metric::evaluation::flag_counters::SharedCounters;
use crate::ruleset;
use crate::ruleset::CompiledFlag;
use crate::ruleset::Ruleset;

/// The counters of one generation.
#[derive(Debug, Default)]
pub struct EvaluationCounters {
    /// Those of the flags, by position. Flags of one key with the same variants share them.
    by_flag: Vec<Arc<LazyFlagCounters>>,
    /// Those of flags that are gone or have other variants now, while older generations may still count.
    retired: Vec<Arc<LazyFlagCounters>>,
    /// What nobody counts any more.
    retired_totals: Arc<EvaluationTotals>,
    shared: Arc<SharedCounters>,
}

impl EvaluationCounters {
    /// The tally of `ruleset`, which follows the flags `before` with their tally.
    pub fn carry_over(
        ruleset: &Ruleset,
        before: &Ruleset,
        tally: &EvaluationCounters,
    ) -> EvaluationCounters {
        let mut flags = Vec::with_capacity(ruleset.flags.len());
        let mut fading = Vec::new();
        let mut cells = &*tally.by_flag;
        for (was, group) in ruleset::merge_join(before, ruleset) {
            let (counted, others) = cells.split_at(was.len().min(cells.len()));
            cells = others;
            match (group, was, counted) {
                ([_], [], _) => flags.push(Arc::default()),
                ([flag], [was], [cell])
                    if Arc::ptr_eq(flag, was) || flag.variant_names == was.variant_names =>
                {
                    flags.push(cell.clone());
                }
                _ => carry_over_key_group(group, (was, counted), &mut flags, &mut fading),
            }
        }
        let mut gone = tally.retired_totals.clone();
        for cell in &tally.retired {
            // Whoever else counts here is a request that still holds a generation before the last.
            if Arc::strong_count(cell) > 1 {
                fading.push(cell.clone());
            } else if let Some(counts) = cell.get() {
                counts.add_to(Arc::make_mut(&mut gone));
            }
        }
        EvaluationCounters {
            by_flag: flags,
            retired: fading,
            retired_totals: gone,
            shared: tally.shared.clone(),
        }
    }

    /// Counts an answer of the flag at `position`.
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

    /// Counts an answer that is an error.
    pub fn count_error(&self, code: ErrorCode) {
        self.shared
            .error_counter(code)
            .fetch_add(1, Ordering::Relaxed);
    }
}

/// Flags and their counters.
type FlagsAndCounters<'o> = (&'o [Arc<CompiledFlag>], &'o [Arc<LazyFlagCounters>]);

/// Keeps what was counted for flags that are gone.
fn retire_used<'c>(
    retired: &mut Vec<Arc<LazyFlagCounters>>,
    cells: impl IntoIterator<Item = &'c Arc<LazyFlagCounters>>,
) {
    let counted = cells.into_iter().filter(|cell| cell.get().is_some());
    retired.extend(counted.cloned());
}

/// The counters of flags that have one key, those before them `was`.
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
