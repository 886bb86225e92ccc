//! The semantic diff of two rulesets: the contexts whose outcome changes, flag by flag.
//!
//! Symbolic execution of the new rule splits every case of the old rule. The cases whose outcomes differ are the
//! change. They are decomposed into disjoint cells; the lengths of hash intervals give the exact fraction of a cell's
//! units that a transition moves.

pub mod attribute_box;
pub mod cell_builder;
pub mod changed_cell;
pub mod disjoint_cells;
pub mod flag_comparison;

use ecow::EcoString;

use crate::analysis::diff::changed_cell::ChangedCase;
use crate::analysis::diff::changed_cell::ChangedCell;
use crate::analysis::diff::flag_comparison::DiffFlag;
use crate::analysis::diff::flag_comparison::FlagComparison;
use crate::analysis::engine::abstract_value::TooManyCases;
use crate::document::Document;
use crate::limits;
use crate::ruleset::Ruleset;

/// The flags of one side: merged, rollout fields expanded, and compiled in the same order.
#[derive(Debug, Clone, Copy)]
pub struct DiffSide<'d> {
    /// The flags as written.
    pub document: &'d Document,
    /// The same flags, compiled.
    pub ruleset: &'d Ruleset,
}

/// The difference of one flag between two rulesets.
#[derive(Debug)]
pub struct FlagDiff {
    /// The flag's key.
    pub key: EcoString,
    /// Its flag set.
    pub flag_set: Option<EcoString>,
    /// The kind of the difference.
    pub status: DiffStatus,
    /// The contexts whose outcome changes, as disjoint cells.
    pub cells: Vec<ChangedCell>,
    /// The reasons why there may be more changes than `cells` holds.
    pub unknown_reasons: Vec<String>,
}

impl FlagDiff {
    fn without_cells(flag: DiffFlag<'_>, status: DiffStatus) -> FlagDiff {
        FlagDiff {
            key: flag.definition.key.clone(),
            flag_set: flag.definition.flag_set_id().map(Into::into),
            status,
            cells: Vec::new(),
            unknown_reasons: Vec::new(),
        }
    }
}

/// The kind of a flag's difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffStatus {
    /// Nothing that affects decisions was changed.
    Same,
    /// The definition differs, and is proved to give every context the same outcome.
    Equivalent,
    /// The outcome of some contexts changes.
    Changed,
    /// No change was found, but some are possible.
    Unknown,
    /// The flag is new.
    Added,
    /// The flag was removed.
    Removed,
}

impl DiffStatus {
    /// The name of the status in output.
    pub fn name(self) -> &'static str {
        match self {
            DiffStatus::Same => "same",
            DiffStatus::Equivalent => "equivalent",
            DiffStatus::Changed => "changed",
            DiffStatus::Unknown => "unknown",
            DiffStatus::Added => "added",
            DiffStatus::Removed => "removed",
        }
    }
}

/// The differences of all flags, by key and flag set, with up to `examples` example contexts per transition.
pub fn diff(old: DiffSide<'_>, new: DiffSide<'_>, examples: usize) -> Vec<FlagDiff> {
    let mut changes = Vec::new();
    let (old, new) = (old.sorted_flags(), new.sorted_flags());
    let (mut left, mut right) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return changes,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(a), Some(b)) => a.identity().cmp(&b.identity()),
        };
        let (a, b) = match order {
            std::cmp::Ordering::Less => (left.next(), None),
            std::cmp::Ordering::Greater => (None, right.next()),
            std::cmp::Ordering::Equal => (left.next(), right.next()),
        };
        match (a, b) {
            (Some(a), Some(b)) => changes.push(diff_flag(*a, *b, examples)),
            (Some(a), None) => changes.push(FlagDiff::without_cells(*a, DiffStatus::Removed)),
            (None, Some(b)) => changes.push(FlagDiff::without_cells(*b, DiffStatus::Added)),
            (None, None) => {}
        }
    }
}

impl<'d> DiffSide<'d> {
    fn sorted_flags(self) -> Vec<DiffFlag<'d>> {
        let written = self.document.flags.iter();
        let pairs = written.zip(&self.ruleset.flags);
        let mut pairs: Vec<DiffFlag<'d>> = pairs
            .map(|(written, compiled)| DiffFlag {
                definition: written,
                compiled,
            })
            .collect();
        pairs.sort_by(|a, b| a.identity().cmp(&b.identity()));
        pairs
    }
}

/// The difference of one flag between two rulesets.
fn diff_flag(old: DiffFlag<'_>, new: DiffFlag<'_>, examples: usize) -> FlagDiff {
    if old.has_same_definition(&new) {
        return FlagDiff::without_cells(old, DiffStatus::Same);
    }
    let mut comparison = FlagComparison::new(old, new);
    let (cells, unknown) = changed_cells(&mut comparison, examples);
    let verdict = match (cells.is_empty(), unknown.is_empty()) {
        (true, true) => DiffStatus::Equivalent,
        (true, false) => DiffStatus::Unknown,
        (false, _) => DiffStatus::Changed,
    };
    FlagDiff {
        cells,
        unknown_reasons: unknown,
        ..FlagDiff::without_cells(old, verdict)
    }
}

/// The cells whose outcomes change, and the reasons why more may change.
pub fn changed_cells(
    comparison: &mut FlagComparison<'_>,
    examples: usize,
) -> (Vec<ChangedCell>, Vec<String>) {
    let mut unknown: Vec<String> = Vec::new();
    let regions = comparison.changed_cases().unwrap_or_else(|TooManyCases| {
        unknown.push(format!(
            "the rules have more than {} cases",
            limits::ANALYSIS_CASES
        ));
        Vec::new()
    });
    for (attribute, why) in comparison.domain.incomplete_attributes() {
        unknown.push(format!("`{}`: {why}", attribute.path));
    }
    let (known, doubtful): (Vec<ChangedCase>, Vec<ChangedCase>) =
        regions.into_iter().partition(ChangedCase::is_known);
    for region in &doubtful {
        for why in comparison.unknown_reasons(region) {
            if !unknown.contains(&why) {
                unknown.push(why);
            }
        }
    }
    let (cells, whole) = disjoint_cells::partition_into_cells(&known, comparison, examples);
    if !whole {
        unknown.push(format!(
            "the changes have more than {} cells",
            limits::DIFF_CELLS
        ));
    }
    (cells, unknown)
}
