//! Decomposes overlapping changed cases into disjoint cells, with conditions, transitions and example contexts.

use crate::analysis::diff::attribute_box;
use crate::analysis::diff::attribute_box::AttributeBox;
use crate::analysis::diff::cell_builder;
use crate::analysis::diff::cell_builder::CellBuilder;
use crate::analysis::diff::cell_builder::TransitionBuilder;
use crate::analysis::diff::changed_cell::AttributeCondition;
use crate::analysis::diff::changed_cell::ChangedCase;
use crate::analysis::diff::changed_cell::ChangedCell;
use crate::analysis::diff::changed_cell::HashInterval;
use crate::analysis::diff::changed_cell::Transition;
use crate::analysis::diff::flag_comparison::FlagComparison;
use crate::analysis::engine::example_search;
use crate::analysis::format::bucketing_key;
use crate::analysis::format::value_set;
use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::owned_context::OwnedContext;
use crate::analysis::outcome::Outcome;
use crate::limits;

/// The cells of these cases; and true if no cell was left out.
pub fn partition_into_cells(
    regions: &[ChangedCase],
    comparison: &FlagComparison<'_>,
    examples: usize,
) -> (Vec<ChangedCell>, bool) {
    let mut pieces: Vec<AttributeBox> = Vec::new();
    let mut whole = true;
    for (at, region) in regions.iter().enumerate() {
        pieces = attribute_box::add_box(pieces, &region.contexts.attribute_sets, at);
        if pieces.len() > limits::DIFF_CELLS {
            whole = false;
            pieces.truncate(limits::DIFF_CELLS);
            break;
        }
    }
    let drafts = pieces
        .into_iter()
        .map(|piece| cell_builder::build_transitions(piece, regions));
    let mut drafts: Vec<CellBuilder> = drafts.collect();
    cell_builder::merge_adjacent_cells(&mut drafts);
    let finish = |draft| build_cell(draft, regions, comparison, examples);
    let mut cells: Vec<ChangedCell> = drafts.into_iter().map(finish).collect();
    cells.sort_by_key(|cell| cell.conditions.len());
    (cells, whole)
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
    let conditions: Vec<AttributeCondition> = conditions.collect();
    let sets = draft.attribute_sets.iter().zip(&space.attributes);
    let units = sets.filter(|(set, known)| value_set::requires_unit(known, set));
    let units = units.map(|(_, known)| known.path.clone());
    let unit_attributes = units
        .filter(|path| conditions.iter().all(|known| known.path != *path))
        .collect();
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
        unit_attributes,
        transitions,
        attribute_sets: draft.attribute_sets,
    }
}

/// Contexts of a cell for which evaluation on both sides confirms the change of one of the cases.
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
        state.attribute_sets = attribute_box::intersect_boxes(&state.attribute_sets, sets);
        if found.len() >= examples || state.attribute_sets.iter().any(BitSet::is_empty) {
            continue;
        }
        let moves = |asker: &OwnedContext| {
            let before = Outcome::from_decision(old.compiled, asker.decide(old.compiled));
            let after = Outcome::from_decision(new.compiled, asker.decide(new.compiled));
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
            .map_or(String::new(), |parts| {
                bucketing_key::format_bucketing_key(parts, space)
            }),
        from: *from,
        to: *to,
    };
    hashes.map(interval).collect()
}
