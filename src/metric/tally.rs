//! How often each flag gave each answer.
//!
//! Every snapshot has a tally beside its flags; the next one takes the counters over by key, so that they never go
//! backwards. Counters are made when they are first needed: flags that nobody asks for cost next to nothing.

mod counts;
mod report;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ecow::EcoString;

use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::metric::tally::counts::Cell;
use crate::metric::tally::counts::Counts;
use crate::metric::tally::counts::Shared;
use crate::metric::tally::counts::Sums;
use crate::ruleset;
use crate::ruleset::Flag;
use crate::ruleset::Ruleset;

/// The counters of one generation.
#[derive(Debug, Default)]
pub struct Tally {
    /// Those of the flags, by position. Flags of one key with the same variants share them.
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
        let mut flags = Vec::with_capacity(ruleset.flags.len());
        let mut fading = Vec::new();
        let mut cells = &*tally.flags;
        for (was, group) in ruleset::abreast(before, ruleset) {
            let (counted, others) = cells.split_at(was.len().min(cells.len()));
            cells = others;
            match (group, was, counted) {
                ([_], [], _) => flags.push(Arc::default()),
                ([flag], [was], [cell]) if Arc::ptr_eq(flag, was) || flag.names == was.names => {
                    flags.push(cell.clone());
                }
                _ => take_over(group, (was, counted), &mut flags, &mut fading),
            }
        }
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

/// Flags and their counters.
type Counted<'o> = (&'o [Arc<Flag>], &'o [Arc<Cell>]);

/// Keeps what was counted for flags that are gone.
fn leave<'c>(fading: &mut Vec<Arc<Cell>>, cells: impl IntoIterator<Item = &'c Arc<Cell>>) {
    let counted = cells.into_iter().filter(|cell| cell.get().is_some());
    fading.extend(counted.cloned());
}

/// The counters of flags that have one key, those before them `was`.
fn take_over(
    group: &[Arc<Flag>],
    was: Counted<'_>,
    flags: &mut Vec<Arc<Cell>>,
    fading: &mut Vec<Arc<Cell>>,
) {
    let mut cells: HashMap<&[EcoString], Arc<Cell>> = HashMap::new();
    for (flag, cell) in was.0.iter().zip(was.1) {
        cells.insert(&flag.names, cell.clone());
    }
    for flag in group {
        flags.push(cells.entry(&flag.names).or_default().clone());
    }
    for flag in group {
        cells.remove(&*flag.names);
    }
    leave(fading, cells.values());
}
