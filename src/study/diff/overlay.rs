//! Lays cases over each other, so that no two cells share a context.

use crate::limits;
use crate::study::ask::Asker;
use crate::study::bits::Bits;
use crate::study::describe;
use crate::study::diff::Comparison;
use crate::study::diff::cell::Cell;
use crate::study::diff::cell::Condition;
use crate::study::diff::cell::Interval;
use crate::study::diff::cell::Region;
use crate::study::diff::cell::Transition;
use crate::study::diff::outcome::Outcome;
use crate::study::diff::outcome::outcome;
use crate::study::show;
use crate::study::space::Part;
use crate::study::space::Space;
use crate::study::witness;
use crate::value::Literal;

/// A box of attribute values and the regions that it is part of.
#[derive(Debug, Clone)]
struct Piece {
    sets: Vec<Bits>,
    regions: Vec<usize>,
}

/// The cells of these regions, and whether these are all.
pub fn cells(
    regions: &[Region],
    comparison: &Comparison<'_>,
    examples: usize,
) -> (Vec<Cell>, bool) {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut whole = true;
    for (at, region) in regions.iter().enumerate() {
        pieces = laid(pieces, &region.state.sets, at);
        if pieces.len() > limits::CELLS {
            whole = false;
            pieces.truncate(limits::CELLS);
            break;
        }
    }
    let drafts = pieces.into_iter().map(|piece| draft(piece, regions));
    let mut drafts: Vec<Draft> = drafts.collect();
    merge(&mut drafts);
    let finish = |draft| finish(draft, regions, comparison, examples);
    let mut cells: Vec<Cell> = drafts.into_iter().map(finish).collect();
    cells.sort_by_key(|cell| cell.conditions.len());
    (cells, whole)
}

/// `pieces` with one more box over them.
fn laid(pieces: Vec<Piece>, sets: &[Bits], region: usize) -> Vec<Piece> {
    let mut laid = Vec::with_capacity(pieces.len() + 1);
    let mut rest = vec![sets.to_vec()];
    for piece in pieces {
        let common = both(&piece.sets, sets);
        if common.iter().any(Bits::is_empty) {
            laid.push(piece);
            continue;
        }
        let outer = without(&piece.sets, &common);
        laid.extend(outer.into_iter().map(|sets| Piece {
            sets,
            regions: piece.regions.clone(),
        }));
        rest = rest.iter().flat_map(|sets| cut(sets, &common)).collect();
        let regions = piece.regions.iter().copied().chain([region]).collect();
        laid.push(Piece {
            sets: common,
            regions,
        });
    }
    laid.extend(rest.into_iter().map(|sets| Piece {
        sets,
        regions: vec![region],
    }));
    laid
}

fn both(a: &[Bits], b: &[Bits]) -> Vec<Bits> {
    a.iter().zip(b).map(|(a, b)| a.and(b)).collect()
}

/// `sets` without what it shares with `common`.
fn cut(sets: &[Bits], common: &[Bits]) -> Vec<Vec<Bits>> {
    let shared = both(sets, common);
    if shared.iter().any(Bits::is_empty) {
        return vec![sets.to_vec()];
    }
    without(sets, &shared)
}

/// `sets` without `inner`, which is a part of it, as boxes.
fn without(sets: &[Bits], inner: &[Bits]) -> Vec<Vec<Bits>> {
    let mut boxes = Vec::new();
    let mut left = sets.to_vec();
    for (at, part) in inner.iter().enumerate() {
        let Some(set) = left.get_mut(at) else {
            continue;
        };
        let others = set.minus(part);
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
struct Draft {
    sets: Vec<Bits>,
    moves: Vec<Move>,
}

/// A transition under construction, by the indices of its regions.
#[derive(Debug)]
struct Move {
    from: Outcome,
    to: Outcome,
    share: f64,
    regions: Vec<usize>,
}

fn draft(piece: Piece, regions: &[Region]) -> Draft {
    let mut moves: Vec<Move> = Vec::new();
    for at in piece.regions {
        let Some(region) = regions.get(at) else {
            continue;
        };
        let share = region.measure.unwrap_or(0.0);
        let like = |other: &&mut Move| (&other.from, &other.to) == (&region.from, &region.to);
        match moves.iter_mut().find(like) {
            Some(known) => {
                known.share += share;
                known.regions.push(at);
            }
            None => moves.push(Move {
                from: region.from.clone(),
                to: region.to.clone(),
                share,
                regions: vec![at],
            }),
        }
    }
    moves.sort_by_cached_key(|m| (m.from.name(), m.to.name()));
    let sets = piece.sets;
    Draft { sets, moves }
}

/// Joins cells that differ in one attribute only and have the same transitions, until there are no more such.
fn merge(drafts: &mut Vec<Draft>) {
    let mut before = usize::MAX;
    while drafts.len() < before {
        before = drafts.len();
        let mut at = 0;
        while at < drafts.len() {
            let joins = |other: &usize| {
                let pair = drafts.get(at).zip(drafts.get(*other));
                pair.is_some_and(|(a, b)| a.joins(b))
            };
            let Some(other) = (at + 1..drafts.len()).find(joins) else {
                at += 1;
                continue;
            };
            let other = drafts.remove(other);
            if let Some(draft) = drafts.get_mut(at) {
                draft.join(other);
            }
        }
    }
}

impl Draft {
    fn joins(&self, other: &Draft) -> bool {
        let differ = self.sets.iter().zip(&other.sets).filter(|(a, b)| a != b);
        let same = |(a, b): (&Move, &Move)| {
            (&a.from, &a.to) == (&b.from, &b.to) && (a.share - b.share).abs() < 1e-12
        };
        differ.count() == 1
            && self.moves.len() == other.moves.len()
            && self.moves.iter().zip(&other.moves).all(same)
    }

    fn join(&mut self, other: Draft) {
        let sets = self.sets.iter().zip(&other.sets);
        self.sets = sets.map(|(a, b)| a.or(b)).collect();
        for (known, more) in self.moves.iter_mut().zip(other.moves) {
            for region in more.regions {
                if !known.regions.contains(&region) {
                    known.regions.push(region);
                }
            }
        }
    }
}

fn finish(draft: Draft, regions: &[Region], comparison: &Comparison<'_>, examples: usize) -> Cell {
    let Comparison {
        space,
        before,
        after,
        ..
    } = comparison;
    let sets = draft.sets.iter().enumerate();
    let conditions = sets.filter_map(|(at, set)| {
        Some(Condition {
            attribute: space.attributes.get(at)?.name.clone(),
            text: describe::values(at, set, space, &[before, after])?,
        })
    });
    let conditions = conditions.collect();
    let transition = |known: &Move| {
        let own = known.regions.iter().filter_map(|at| regions.get(*at));
        let own: Vec<&Region> = own.collect();
        let mut pieces: Vec<Vec<Interval>> = Vec::new();
        for region in &own {
            let piece = intervals(region, space);
            if !piece.is_empty() && !pieces.contains(&piece) {
                pieces.push(piece);
            }
        }
        Transition {
            from: known.from.clone(),
            to: known.to.clone(),
            share: known.share.min(1.0),
            pieces,
            examples: found(&own, &draft.sets, comparison, examples),
        }
    };
    let transitions = draft.moves.iter().map(transition).collect();
    Cell {
        conditions,
        transitions,
        sets: draft.sets,
    }
}

/// Contexts of a cell that are really in one of the regions.
fn found(
    regions: &[&Region],
    sets: &[Bits],
    comparison: &Comparison<'_>,
    examples: usize,
) -> Vec<Asker> {
    let Comparison {
        space,
        before,
        after,
        old,
        new,
    } = comparison;
    let mut found: Vec<Asker> = Vec::new();
    for region in regions {
        let mut state = region.state.clone();
        state.sets = both(&state.sets, sets);
        if found.len() >= examples || state.sets.iter().any(Bits::is_empty) {
            continue;
        }
        let moves = |asker: &Asker| {
            let before = outcome(old.compiled, asker.decide(old.compiled));
            let after = outcome(new.compiled, asker.decide(new.compiled));
            (before, after) == (region.from.clone(), region.to.clone())
        };
        let wanted = examples - found.len();
        found.extend(witness::find(
            &state,
            space,
            &[before, after],
            wanted,
            moves,
        ));
    }
    found
}

fn intervals(region: &Region, space: &Space) -> Vec<Interval> {
    let hashes = region.state.hashes.iter();
    let interval = |(key, from, to): &(usize, u64, u64)| Interval {
        key: space
            .keys
            .get(*key)
            .map_or(String::new(), |parts| in_words(parts, space)),
        from: *from,
        to: *to,
    };
    hashes.map(interval).collect()
}

/// A bucketing key in words.
pub fn in_words(parts: &[Part], space: &Space) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => show::value(&Literal::Text(text.clone())),
        Part::Attribute(at) => {
            let attribute = space.attributes.get(*at);
            attribute.map_or(String::new(), |attribute| attribute.name.to_string())
        }
        Part::Hidden(_) => "?".to_owned(),
    };
    let parts: Vec<String> = parts.iter().map(part).collect();
    parts.join(" + ")
}
