//! How often each flag gave each answer.
//!
//! Every snapshot has a tally beside its flags; the next one takes the counters over by key, so that they never go
//! backwards. Counters are made when they are first needed: flags that nobody asks for cost next to nothing.

mod counts;
mod report;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::metric::tally::counts::Cell;
use crate::metric::tally::counts::Counts;
use crate::metric::tally::counts::Shared;
use crate::metric::tally::counts::Sums;
use crate::ruleset::Flag;
use crate::ruleset::Ruleset;

/// The counters of one generation.
#[derive(Debug, Default)]
pub struct Tally {
    /// Those of the flags, by position. Flags of one key share them.
    flags: Vec<Arc<Cell>>,
    /// Those of flags that are gone or have other variants now, while older generations may still count.
    fading: Vec<Arc<Cell>>,
    /// What nobody counts any more.
    gone: Arc<Sums>,
    shared: Arc<Shared>,
}

impl Tally {
    /// The tally of `ruleset`, which follows the flags `before` with their tally.
    pub fn build(ruleset: &Ruleset, before: &Ruleset, tally: &Tally) -> Tally {
        let old = before.flags.iter().zip(&tally.flags);
        let mut cells: HashMap<Labels<'_>, Arc<Cell>> = old
            .map(|(flag, cell)| (labels(flag), cell.clone()))
            .collect();
        let of_flag = |flag| cells.entry(labels(flag)).or_default().clone();
        let flags: Vec<Arc<Cell>> = ruleset.flags.iter().map(of_flag).collect();
        for flag in &ruleset.flags {
            cells.remove(&labels(flag));
        }
        let leaving = cells.into_values().filter(|cell| cell.get().is_some());
        let mut fading: Vec<Arc<Cell>> = leaving.collect();
        let mut gone = tally.gone.clone();
        for cell in &tally.fading {
            // Whoever else counts here is a request that still holds a generation before the last.
            if Arc::strong_count(cell) > 1 {
                fading.push(cell.clone());
            } else if let Some(counts) = cell.get() {
                counts.sum_up(Arc::make_mut(&mut gone));
            }
        }
        Tally {
            flags,
            fading,
            gone,
            shared: tally.shared.clone(),
        }
    }

    /// Counts an answer of the flag at `position`.
    pub fn count(&self, position: usize, flag: &Flag, decision: Decision) {
        if let Decision::Error(code) = decision {
            return self.count_error(code);
        }
        let Some(cell) = self.flags.get(position) else {
            return;
        };
        let counts = cell.get_or_init(|| Box::new(Counts::new(flag)));
        counts.count(decision, &self.shared);
    }

    /// Counts an answer that is an error.
    pub fn count_error(&self, code: ErrorCode) {
        self.shared.error(code).fetch_add(1, Ordering::Relaxed);
    }
}

/// What decides whether two flags have their counters in common.
type Labels<'f> = (&'f str, &'f [Box<str>]);

fn labels(flag: &Flag) -> Labels<'_> {
    (&flag.key, &flag.names)
}
