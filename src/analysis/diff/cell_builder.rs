//! Cells under construction: the transitions of a box, and the merging of adjacent cells.

use crate::analysis::diff::attribute_box::AttributeBox;
use crate::analysis::diff::changed_cell::ChangedCase;
use crate::analysis::model::bitset::BitSet;
use crate::analysis::outcome::Outcome;

/// A cell under construction.
#[derive(Debug)]
pub struct CellBuilder {
    /// The representatives of each attribute.
    pub attribute_sets: Vec<BitSet>,
    /// The transitions.
    pub transitions: Vec<TransitionBuilder>,
}

/// A transition under construction, by the indices of its regions.
#[derive(Debug)]
pub struct TransitionBuilder {
    /// The old outcome.
    pub from: Outcome,
    /// The new outcome.
    pub to: Outcome,
    /// The fraction of the cell's units that it moves.
    pub fraction_of_units: f64,
    /// The indices of its cases.
    pub cases: Vec<usize>,
}

/// The cell of a box, with the transitions of its cases.
pub fn build_transitions(piece: AttributeBox, regions: &[ChangedCase]) -> CellBuilder {
    let mut moves: Vec<TransitionBuilder> = Vec::new();
    for at in piece.cases {
        let Some(region) = regions.get(at) else {
            continue;
        };
        let share = region.fraction_of_units.unwrap_or(0.0);
        let like =
            |other: &&mut TransitionBuilder| (&other.from, &other.to) == (&region.from, &region.to);
        match moves.iter_mut().find(like) {
            Some(known) => {
                known.fraction_of_units += share;
                known.cases.push(at);
            }
            None => moves.push(TransitionBuilder {
                from: region.from.clone(),
                to: region.to.clone(),
                fraction_of_units: share,
                cases: vec![at],
            }),
        }
    }
    moves.sort_by_cached_key(|m| (m.from.name(), m.to.name()));
    let sets = piece.attribute_sets;
    CellBuilder {
        attribute_sets: sets,
        transitions: moves,
    }
}

/// Merges cells that differ in one attribute only and have equal transitions, until none are left.
pub fn merge_adjacent_cells(drafts: &mut Vec<CellBuilder>) {
    let mut before = usize::MAX;
    while drafts.len() < before {
        before = drafts.len();
        let mut at = 0;
        while at < drafts.len() {
            let joins = |other: &usize| {
                let pair = drafts.get(at).zip(drafts.get(*other));
                pair.is_some_and(|(a, b)| a.can_merge(b))
            };
            let Some(other) = (at + 1..drafts.len()).find(joins) else {
                at += 1;
                continue;
            };
            let other = drafts.remove(other);
            if let Some(draft) = drafts.get_mut(at) {
                draft.merge_with(other);
            }
        }
    }
}

impl CellBuilder {
    fn can_merge(&self, other: &CellBuilder) -> bool {
        let differ = self
            .attribute_sets
            .iter()
            .zip(&other.attribute_sets)
            .filter(|(a, b)| a != b);
        let same = |(a, b): (&TransitionBuilder, &TransitionBuilder)| {
            (&a.from, &a.to) == (&b.from, &b.to)
                && (a.fraction_of_units - b.fraction_of_units).abs() < 1e-12
        };
        differ.count() == 1
            && self.transitions.len() == other.transitions.len()
            && self.transitions.iter().zip(&other.transitions).all(same)
    }

    fn merge_with(&mut self, other: CellBuilder) {
        let sets = self.attribute_sets.iter().zip(&other.attribute_sets);
        self.attribute_sets = sets.map(|(a, b)| a.union(b)).collect();
        for (known, more) in self.transitions.iter_mut().zip(other.transitions) {
            for region in more.cases {
                if !known.cases.contains(&region) {
                    known.cases.push(region);
                }
            }
        }
    }
}
