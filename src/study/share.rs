//! Splits a set of contexts by the shares of a `fractional`.

use crate::study::bits::Bits;
use crate::study::pool::Candidate;
use crate::study::space;
use crate::study::space::Part;
use crate::study::space::Space;
use crate::study::state::Guess;
use crate::study::state::State;
use crate::study::unit::By;
use crate::study::unit::Lot;
use crate::study::unit::Split;
use crate::study::unit::normal;
use crate::study::unit::written;
use crate::value::Literal;

/// The states of each share, of no share, and of a fault.
pub fn lots(split: &Split, state: &State, space: &mut Space) -> Vec<(State, Lot)> {
    match &split.by {
        By::Identity => identity(split, state, space),
        By::Attribute(attribute) => by_attribute(split, *attribute, state, space),
        By::Joined(parts) => joined(split, parts, state, space),
        By::Hidden(hidden) => by_hidden(split, *hidden, state, space),
    }
}

/// By the flag's key and the targeting key, if that is a string and not empty.
fn identity(split: &Split, state: &State, space: &mut Space) -> Vec<(State, Lot)> {
    let key = vec![
        Part::Text(split.flag_key.clone()),
        Part::Attribute(split.targeting_key),
    ];
    let lot = |candidate: &Candidate| match &candidate.value {
        Literal::Text(text) if text.is_empty() => Lot::Nothing,
        Literal::Text(text) if candidate.alone => {
            split.share_of(&format!("{}{text}", split.flag_key))
        }
        Literal::Text(_) => Lot::Open,
        _ => Lot::Nothing,
    };
    one(split, split.targeting_key, &key, lot, state, space)
}

fn by_attribute(
    split: &Split,
    attribute: usize,
    state: &State,
    space: &mut Space,
) -> Vec<(State, Lot)> {
    let mut null = Bits::none(candidates(attribute, space).len());
    null.insert(0);
    let mut lots = Vec::new();
    if let Some(state) = state.with(attribute, &null) {
        lots.extend(identity(split, &state, space));
    }
    let lot = |candidate: &Candidate| match &candidate.value {
        Literal::Text(text) if candidate.alone => split.share_of(text),
        Literal::Text(_) => Lot::Open,
        _ => Lot::Nothing,
    };
    let all = Bits::all(candidates(attribute, space).len());
    if let Some(state) = state.with(attribute, &all.minus(&null)) {
        let key = vec![Part::Attribute(attribute)];
        lots.extend(one(split, attribute, &key, lot, &state, space));
    }
    lots
}

/// By a key that depends on one attribute: candidates with the same share stay together.
fn one(
    split: &Split,
    attribute: usize,
    key: &[Part],
    lot: impl Fn(&Candidate) -> Lot,
    state: &State,
    space: &mut Space,
) -> Vec<(State, Lot)> {
    let Some(set) = state.sets.get(attribute) else {
        return Vec::new();
    };
    let candidates = candidates(attribute, space);
    let len = candidates.len();
    let mut classes: Vec<(Lot, Bits)> = Vec::new();
    for at in set.iter() {
        let Some(candidate) = candidates.get(at) else {
            continue;
        };
        let lot = lot(candidate);
        if let Some((_, bits)) = classes.iter_mut().find(|(other, _)| *other == lot) {
            bits.insert(at);
        } else {
            let mut bits = Bits::none(len);
            bits.insert(at);
            classes.push((lot, bits));
        }
    }
    let mut lots = Vec::new();
    for (lot, bits) in classes {
        let Some(state) = state.with(attribute, &bits) else {
            continue;
        };
        match lot {
            Lot::Open => lots.extend(open(split, key.to_vec(), &state, space)),
            lot => lots.push((state, lot)),
        }
    }
    lots
}

/// By a hash of its own: every share has its interval.
fn open(split: &Split, key: Vec<Part>, state: &State, space: &mut Space) -> Vec<(State, Lot)> {
    if split.bounds.last().is_none_or(|total| *total == 0) {
        return vec![(state.clone(), Lot::Nothing)];
    }
    let key = space.key(key);
    let intervals = split.intervals().into_iter().enumerate();
    intervals
        .filter_map(|(share, (from, to))| Some((state.within(key, from, to)?, Lot::Share(share))))
        .collect()
}

fn joined(split: &Split, parts: &[Part], state: &State, space: &mut Space) -> Vec<(State, Lot)> {
    let attributes = space::attributes(parts);
    match &*attributes {
        [] => vec![(state.clone(), split.share_of(&text_of(parts, None)))],
        [attribute] => {
            let lot = |candidate: &Candidate| match written(&candidate.value) {
                None => Lot::Fault,
                Some(text) if candidate.alone => {
                    split.share_of(&text_of(parts, Some((*attribute, &text))))
                }
                Some(_) => Lot::Open,
            };
            one(
                split,
                *attribute,
                &normal(parts.to_vec()),
                lot,
                state,
                space,
            )
        }
        _ => several(split, parts, &attributes, state, space),
    }
}

/// The key with the text of an attribute put in.
fn text_of(parts: &[Part], known: Option<(usize, &str)>) -> String {
    let text: String = parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => text,
            Part::Attribute(at) => known.filter(|(k, _)| k == at).map_or("", |(_, text)| text),
            Part::Hidden(_) => "",
        })
        .collect();
    text.trim().to_owned()
}

/// By a key of several attributes: each value that is known is put in, and makes a key of its own.
fn several(
    split: &Split,
    parts: &[Part],
    attributes: &[usize],
    state: &State,
    space: &mut Space,
) -> Vec<(State, Lot)> {
    let mut states = vec![(state.clone(), Some(parts.to_vec()))];
    for attribute in attributes {
        let settle = |(state, parts): (State, Option<Vec<Part>>)| match parts {
            None => vec![(state, None)],
            Some(parts) => settled(*attribute, &parts, &state, space),
        };
        states = states.into_iter().flat_map(settle).collect();
    }
    let mut lots = Vec::new();
    for (state, parts) in states {
        match parts.map(normal) {
            None => lots.push((state, Lot::Fault)),
            Some(parts) if parts.iter().all(|part| matches!(part, Part::Text(_))) => {
                let lot = split.share_of(&text_of(&parts, None));
                lots.push((state, lot));
            }
            Some(parts) => lots.extend(open(split, parts, &state, space)),
        }
    }
    lots
}

/// The states of each value of an attribute that is known, with it put into the key; the unknown ones together.
fn settled(
    attribute: usize,
    parts: &[Part],
    state: &State,
    space: &Space,
) -> Vec<(State, Option<Vec<Part>>)> {
    let candidates = candidates(attribute, space);
    let len = candidates.len();
    let (mut faulty, mut unknown) = (Bits::none(len), Bits::none(len));
    let mut states = Vec::new();
    let Some(set) = state.sets.get(attribute) else {
        return states;
    };
    for at in set.iter() {
        let candidate = candidates.get(at);
        match candidate.map(|c| (written(&c.value), c.alone)) {
            None | Some((None, _)) => faulty.insert(at),
            Some((Some(_), false)) => unknown.insert(at),
            Some((Some(text), true)) => {
                let mut only = Bits::none(len);
                only.insert(at);
                let put = |part: &Part| match part {
                    Part::Attribute(other) if *other == attribute => Part::Text(text.clone()),
                    other => other.clone(),
                };
                let parts = parts.iter().map(put).collect();
                states.extend(state.with(attribute, &only).map(|s| (s, Some(parts))));
            }
        }
    }
    states.extend(state.with(attribute, &faulty).map(|s| (s, None)));
    let parts = Some(parts.to_vec());
    states.extend(state.with(attribute, &unknown).map(|s| (s, parts)));
    states
}

/// By an expression that can be anything.
fn by_hidden(split: &Split, hidden: usize, state: &State, space: &mut Space) -> Vec<(State, Lot)> {
    let guesses = match state.guess(hidden) {
        Some(guess) => vec![(guess, state.clone())],
        None => [Guess::Text, Guess::Null, Guess::Other, Guess::Fault]
            .map(|guess| (guess, state.supposing(hidden, guess)))
            .into(),
    };
    let mut lots = Vec::new();
    for (guess, state) in guesses {
        match guess {
            Guess::Text | Guess::True => {
                lots.extend(open(split, vec![Part::Hidden(hidden)], &state, space));
            }
            Guess::Null | Guess::False => lots.extend(identity(split, &state, space)),
            Guess::Other => lots.push((state, Lot::Nothing)),
            Guess::Fault => lots.push((state, Lot::Fault)),
        }
    }
    lots
}

fn candidates(attribute: usize, space: &Space) -> &[Candidate] {
    let attribute = space.attributes.get(attribute);
    attribute.map_or(&[][..], |attribute| &attribute.pool.candidates)
}
