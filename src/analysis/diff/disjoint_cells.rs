//! Lays cases over each other, so that no two cells share a context.

use crate::analysis::diff::FlagComparison;
use crate::analysis::diff::changed_cell::AttributeCondition;
use crate::analysis::diff::changed_cell::ChangedCase;
use crate::analysis::diff::changed_cell::ChangedCell;
use crate::analysis::diff::changed_cell::HashInterval;
use crate::analysis::diff::changed_cell::Transition;
use crate::analysis::engine::example_search;
use crate::analysis::format;
use crate::analysis::format::value_set;
use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::concrete_eval::OwnedContext;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::input_domain::KeyPart;
use crate::analysis::outcome::Outcome;
use crate::analysis::outcome::outcome_of_decision;
use crate::limits;
use crate::value::OwnedValue;

/// A box of attribute values and the regions that it is part of.
#[derive(Debug, Clone)]
struct AttributeBox {
    attribute_sets: Vec<BitSet>,
    cases: Vec<usize>,
}

/// The cells of these regions, and whether these are all.
pub fn partition_into_cells(
    regions: &[ChangedCase],
    comparison: &FlagComparison<'_>,
    examples: usize,
) -> (Vec<ChangedCell>, bool) {
    let mut pieces: Vec<AttributeBox> = Vec::new();
    let mut whole = true;
    for (at, region) in regions.iter().enumerate() {
        pieces = add_box(pieces, &region.contexts.attribute_sets, at);
        if pieces.len() > limits::DIFF_CELLS {
            whole = false;
            pieces.truncate(limits::DIFF_CELLS);
            break;
        }
    }
    let drafts = pieces
        .into_iter()
        .map(|piece| build_transitions(piece, regions));
    let mut drafts: Vec<CellBuilder> = drafts.collect();
    merge_adjacent_cells(&mut drafts);
    let finish = |draft| build_cell(draft, regions, comparison, examples);
    let mut cells: Vec<ChangedCell> = drafts.into_iter().map(finish).collect();
    cells.sort_by_key(|cell| cell.conditions.len());
    (cells, whole)
}

/// `pieces` with one more box over them.
fn add_box(pieces: Vec<AttributeBox>, sets: &[BitSet], region: usize) -> Vec<AttributeBox> {
    let mut laid = Vec::with_capacity(pieces.len() + 1);
    let mut rest = vec![sets.to_vec()];
    for piece in pieces {
        let common = intersect_boxes(&piece.attribute_sets, sets);
        if common.iter().any(BitSet::is_empty) {
            laid.push(piece);
            continue;
        }
        let outer = subtract_inner_box(&piece.attribute_sets, &common);
        laid.extend(outer.into_iter().map(|sets| AttributeBox {
            attribute_sets: sets,
            cases: piece.cases.clone(),
        }));
        rest = rest
            .iter()
            .flat_map(|sets| subtract_box(sets, &common))
            .collect();
        let regions = piece.cases.iter().copied().chain([region]).collect();
        laid.push(AttributeBox {
            attribute_sets: common,
            cases: regions,
        });
    }
    laid.extend(rest.into_iter().map(|sets| AttributeBox {
        attribute_sets: sets,
        cases: vec![region],
    }));
    laid
}

fn intersect_boxes(a: &[BitSet], b: &[BitSet]) -> Vec<BitSet> {
    a.iter().zip(b).map(|(a, b)| a.intersection(b)).collect()
}

/// `sets` without what it shares with `common`.
fn subtract_box(sets: &[BitSet], common: &[BitSet]) -> Vec<Vec<BitSet>> {
    let shared = intersect_boxes(sets, common);
    if shared.iter().any(BitSet::is_empty) {
        return vec![sets.to_vec()];
    }
    subtract_inner_box(sets, &shared)
}

/// `sets` without `inner`, which is a part of it, as boxes.
fn subtract_inner_box(sets: &[BitSet], inner: &[BitSet]) -> Vec<Vec<BitSet>> {
    let mut boxes = Vec::new();
    let mut left = sets.to_vec();
    for (at, part) in inner.iter().enumerate() {
        let Some(set) = left.get_mut(at) else {
            continue;
        };
        let others = set.difference(part);
        if others.is_empty() {
            continue;
        }
        *set = others;
        boxes.push(left.clone());
        if let Some(set) = left.get_mut(at) {
            *set = part.clone();
        }
    }
    boxes
}

/// A cell under construction.
#[derive(Debug)]
struct CellBuilder {
    attribute_sets: Vec<BitSet>,
    transitions: Vec<TransitionBuilder>,
}

/// A transition under construction, by the indices of its regions.
#[derive(Debug)]
struct TransitionBuilder {
    from: Outcome,
    to: Outcome,
    fraction_of_units: f64,
    cases: Vec<usize>,
}

fn build_transitions(piece: AttributeBox, regions: &[ChangedCase]) -> CellBuilder {
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

/// Joins cells that differ in one attribute only and have the same transitions, until there are no more such.
fn merge_adjacent_cells(drafts: &mut Vec<CellBuilder>) {
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

fn build_cell(
    draft: CellBuilder,
    regions: &[ChangedCase],
    comparison: &FlagComparison<'_>,
    examples: usize,
) -> ChangedCell {
    let FlagComparison {
        domain: space,
        old_program: before,
        new_program: after,
        ..
    } = comparison;
    let sets = draft.attribute_sets.iter().enumerate();
    let conditions = sets.filter_map(|(at, set)| {
        Some(AttributeCondition {
            path: space.attributes.get(at)?.path.clone(),
            text: value_set::describe_value_set(at, set, space, &[before, after])?,
        })
    });
    let conditions = conditions.collect();
    let transition = |known: &TransitionBuilder| {
        let own = known.cases.iter().filter_map(|at| regions.get(*at));
        let own: Vec<&ChangedCase> = own.collect();
        let mut pieces: Vec<Vec<HashInterval>> = Vec::new();
        for region in &own {
            let piece = case_hash_intervals(region, space);
            if !piece.is_empty() && !pieces.contains(&piece) {
                pieces.push(piece);
            }
        }
        Transition {
            from: known.from.clone(),
            to: known.to.clone(),
            fraction_of_units: known.fraction_of_units.min(1.0),
            hash_intervals: pieces,
            examples: find_case_examples(&own, &draft.attribute_sets, comparison, examples),
        }
    };
    let transitions = draft.transitions.iter().map(transition).collect();
    ChangedCell {
        conditions,
        transitions,
        attribute_sets: draft.attribute_sets,
    }
}

/// Contexts of a cell that are really in one of the regions.
fn find_case_examples(
    regions: &[&ChangedCase],
    sets: &[BitSet],
    comparison: &FlagComparison<'_>,
    examples: usize,
) -> Vec<OwnedContext> {
    let FlagComparison {
        domain: space,
        old_program: before,
        new_program: after,
        old,
        new,
    } = comparison;
    let mut found: Vec<OwnedContext> = Vec::new();
    for region in regions {
        let mut state = region.contexts.clone();
        state.attribute_sets = intersect_boxes(&state.attribute_sets, sets);
        if found.len() >= examples || state.attribute_sets.iter().any(BitSet::is_empty) {
            continue;
        }
        let moves = |asker: &OwnedContext| {
            let before = outcome_of_decision(old.compiled, asker.decide(old.compiled));
            let after = outcome_of_decision(new.compiled, asker.decide(new.compiled));
            (before, after) == (region.from.clone(), region.to.clone())
        };
        let wanted = examples - found.len();
        found.extend(example_search::find_examples(
            &state,
            space,
            &[before, after],
            wanted,
            moves,
        ));
    }
    found
}

fn case_hash_intervals(region: &ChangedCase, space: &InputDomain) -> Vec<HashInterval> {
    let hashes = region.contexts.hash_intervals.iter();
    let interval = |(key, from, to): &(usize, u64, u64)| HashInterval {
        key: space
            .bucketing_keys
            .get(*key)
            .map_or(String::new(), |parts| format_bucketing_key(parts, space)),
        from: *from,
        to: *to,
    };
    hashes.map(interval).collect()
}

/// A bucketing key in words.
pub fn format_bucketing_key(parts: &[KeyPart], space: &InputDomain) -> String {
    let part = |part: &KeyPart| match part {
        KeyPart::Text(text) => format::format_value(&OwnedValue::Text(text.clone())),
        KeyPart::Attribute(at) => {
            let attribute = space.attributes.get(*at);
            attribute.map_or(String::new(), |attribute| attribute.path.to_string())
        }
        KeyPart::Opaque(_) => "?".to_owned(),
    };
    let parts: Vec<String> = parts.iter().map(part).collect();
    parts.join(" + ")
}
