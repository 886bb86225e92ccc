//! Splits a set of contexts by the shares of a `fractional`.

use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::bucketing::ShareOutcome;
use crate::analysis::model::bucketing::SymbolicBucketBy;
use crate::analysis::model::bucketing::SymbolicFractional;
use crate::analysis::model::bucketing::concat_text;
use crate::analysis::model::bucketing::normalize_key;
use crate::analysis::model::context_set::Assumption;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::input_domain::KeyPart;
use crate::analysis::model::representatives::Representative;
use crate::value::OwnedValue;

/// The states of each share, of no share, and of a fault.
pub fn split_by_share(
    split: &SymbolicFractional,
    state: &ContextSet,
    space: &mut InputDomain,
) -> Vec<(ContextSet, ShareOutcome)> {
    match &split.bucket_by {
        SymbolicBucketBy::DefaultKey => split_by_default_key(split, state, space),
        SymbolicBucketBy::Attribute(attribute) => {
            split_by_attribute_key(split, *attribute, state, space)
        }
        SymbolicBucketBy::Concatenated(parts) => {
            split_by_concatenated_key(split, parts, state, space)
        }
        SymbolicBucketBy::Opaque(hidden) => split_by_opaque_key(split, *hidden, state, space),
    }
}

/// By the flag's key and the targeting key, if that is a string and not empty.
fn split_by_default_key(
    split: &SymbolicFractional,
    state: &ContextSet,
    space: &mut InputDomain,
) -> Vec<(ContextSet, ShareOutcome)> {
    let key = vec![
        KeyPart::Text(split.flag_key.clone()),
        KeyPart::Attribute(split.targeting_key),
    ];
    let lot = |candidate: &Representative| match &candidate.value {
        OwnedValue::Text(text) if text.is_empty() => ShareOutcome::NoShare,
        OwnedValue::Text(text) if candidate.is_singleton => {
            split.share_for_key(&format!("{}{text}", split.flag_key))
        }
        OwnedValue::Text(_) => ShareOutcome::DependsOnHash,
        _ => ShareOutcome::NoShare,
    };
    split_by_single_attribute(split, split.targeting_key, &key, lot, state, space)
}

fn split_by_attribute_key(
    split: &SymbolicFractional,
    attribute: usize,
    state: &ContextSet,
    space: &mut InputDomain,
) -> Vec<(ContextSet, ShareOutcome)> {
    let mut null = BitSet::empty(representatives_of(attribute, space).len());
    null.insert(0);
    let mut lots = Vec::new();
    if let Some(state) = state.restrict_attribute(attribute, &null) {
        lots.extend(split_by_default_key(split, &state, space));
    }
    let lot = |candidate: &Representative| match &candidate.value {
        OwnedValue::Text(text) if candidate.is_singleton => split.share_for_key(text),
        OwnedValue::Text(_) => ShareOutcome::DependsOnHash,
        _ => ShareOutcome::NoShare,
    };
    let all = BitSet::full(representatives_of(attribute, space).len());
    if let Some(state) = state.restrict_attribute(attribute, &all.difference(&null)) {
        let key = vec![KeyPart::Attribute(attribute)];
        lots.extend(split_by_single_attribute(
            split, attribute, &key, lot, &state, space,
        ));
    }
    lots
}

/// By a key that depends on one attribute: candidates with the same share stay together.
fn split_by_single_attribute(
    split: &SymbolicFractional,
    attribute: usize,
    key: &[KeyPart],
    lot: impl Fn(&Representative) -> ShareOutcome,
    state: &ContextSet,
    space: &mut InputDomain,
) -> Vec<(ContextSet, ShareOutcome)> {
    let Some(set) = state.attribute_sets.get(attribute) else {
        return Vec::new();
    };
    let candidates = representatives_of(attribute, space);
    let len = candidates.len();
    let mut classes: Vec<(ShareOutcome, BitSet)> = Vec::new();
    for at in set.iter() {
        let Some(candidate) = candidates.get(at) else {
            continue;
        };
        let lot = lot(candidate);
        if let Some((_, bits)) = classes.iter_mut().find(|(other, _)| *other == lot) {
            bits.insert(at);
        } else {
            let mut bits = BitSet::empty(len);
            bits.insert(at);
            classes.push((lot, bits));
        }
    }
    let mut lots = Vec::new();
    for (lot, bits) in classes {
        let Some(state) = state.restrict_attribute(attribute, &bits) else {
            continue;
        };
        match lot {
            ShareOutcome::DependsOnHash => {
                lots.extend(split_by_hash_interval(split, key.to_vec(), &state, space))
            }
            lot => lots.push((state, lot)),
        }
    }
    lots
}

/// By a hash of its own: every share has its interval.
fn split_by_hash_interval(
    split: &SymbolicFractional,
    key: Vec<KeyPart>,
    state: &ContextSet,
    space: &mut InputDomain,
) -> Vec<(ContextSet, ShareOutcome)> {
    if split
        .cumulative_weights
        .last()
        .is_none_or(|total| *total == 0)
    {
        return vec![(state.clone(), ShareOutcome::NoShare)];
    }
    let key = space.intern_bucketing_key(key);
    let intervals = split.hash_intervals().into_iter().enumerate();
    intervals
        .filter_map(|(share, (from, to))| {
            Some((
                state.restrict_hash(key, from, to)?,
                ShareOutcome::Share(share),
            ))
        })
        .collect()
}

fn split_by_concatenated_key(
    split: &SymbolicFractional,
    parts: &[KeyPart],
    state: &ContextSet,
    space: &mut InputDomain,
) -> Vec<(ContextSet, ShareOutcome)> {
    let attributes = input_domain::key_attributes(parts);
    match &*attributes {
        [] => vec![(state.clone(), split.share_for_key(&render_key(parts, None)))],
        [attribute] => {
            let lot = |candidate: &Representative| match concat_text(&candidate.value) {
                None => ShareOutcome::Fault,
                Some(text) if candidate.is_singleton => {
                    split.share_for_key(&render_key(parts, Some((*attribute, &text))))
                }
                Some(_) => ShareOutcome::DependsOnHash,
            };
            split_by_single_attribute(
                split,
                *attribute,
                &normalize_key(parts.to_vec()),
                lot,
                state,
                space,
            )
        }
        _ => split_by_multiple_attributes(split, parts, &attributes, state, space),
    }
}

/// The key with the text of an attribute put in.
fn render_key(parts: &[KeyPart], known: Option<(usize, &str)>) -> String {
    let text: String = parts
        .iter()
        .map(|part| match part {
            KeyPart::Text(text) => text,
            KeyPart::Attribute(at) => known.filter(|(k, _)| k == at).map_or("", |(_, text)| text),
            KeyPart::Opaque(_) => "",
        })
        .collect();
    text.trim().to_owned()
}

/// By a key of several attributes: each value that is known is put in, and makes a key of its own.
fn split_by_multiple_attributes(
    split: &SymbolicFractional,
    parts: &[KeyPart],
    attributes: &[usize],
    state: &ContextSet,
    space: &mut InputDomain,
) -> Vec<(ContextSet, ShareOutcome)> {
    let mut states = vec![(state.clone(), Some(parts.to_vec()))];
    for attribute in attributes {
        let settle = |(state, parts): (ContextSet, Option<Vec<KeyPart>>)| match parts {
            None => vec![(state, None)],
            Some(parts) => substitute_known_values(*attribute, &parts, &state, space),
        };
        states = states.into_iter().flat_map(settle).collect();
    }
    let mut lots = Vec::new();
    for (state, parts) in states {
        match parts.map(normalize_key) {
            None => lots.push((state, ShareOutcome::Fault)),
            Some(parts) if parts.iter().all(|part| matches!(part, KeyPart::Text(_))) => {
                let lot = split.share_for_key(&render_key(&parts, None));
                lots.push((state, lot));
            }
            Some(parts) => lots.extend(split_by_hash_interval(split, parts, &state, space)),
        }
    }
    lots
}

/// The states of each value of an attribute that is known, with it put into the key; the unknown ones together.
fn substitute_known_values(
    attribute: usize,
    parts: &[KeyPart],
    state: &ContextSet,
    space: &InputDomain,
) -> Vec<(ContextSet, Option<Vec<KeyPart>>)> {
    let candidates = representatives_of(attribute, space);
    let len = candidates.len();
    let (mut faulty, mut unknown) = (BitSet::empty(len), BitSet::empty(len));
    let mut states = Vec::new();
    let Some(set) = state.attribute_sets.get(attribute) else {
        return states;
    };
    for at in set.iter() {
        let candidate = candidates.get(at);
        match candidate.map(|c| (concat_text(&c.value), c.is_singleton)) {
            None | Some((None, _)) => faulty.insert(at),
            Some((Some(_), false)) => unknown.insert(at),
            Some((Some(text), true)) => {
                let mut only = BitSet::empty(len);
                only.insert(at);
                let put = |part: &KeyPart| match part {
                    KeyPart::Attribute(other) if *other == attribute => KeyPart::Text(text.clone()),
                    other => other.clone(),
                };
                let parts = parts.iter().map(put).collect();
                states.extend(
                    state
                        .restrict_attribute(attribute, &only)
                        .map(|s| (s, Some(parts))),
                );
            }
        }
    }
    states.extend(
        state
            .restrict_attribute(attribute, &faulty)
            .map(|s| (s, None)),
    );
    let parts = Some(parts.to_vec());
    states.extend(
        state
            .restrict_attribute(attribute, &unknown)
            .map(|s| (s, parts)),
    );
    states
}

/// By an expression that can be anything.
fn split_by_opaque_key(
    split: &SymbolicFractional,
    hidden: usize,
    state: &ContextSet,
    space: &mut InputDomain,
) -> Vec<(ContextSet, ShareOutcome)> {
    let guesses = match state.assumption(hidden) {
        Some(guess) => vec![(guess, state.clone())],
        None => [
            Assumption::Text,
            Assumption::Null,
            Assumption::NotBucketable,
            Assumption::Fault,
        ]
        .map(|guess| (guess, state.assuming(hidden, guess)))
        .into(),
    };
    let mut lots = Vec::new();
    for (guess, state) in guesses {
        match guess {
            Assumption::Text | Assumption::True => {
                lots.extend(split_by_hash_interval(
                    split,
                    vec![KeyPart::Opaque(hidden)],
                    &state,
                    space,
                ));
            }
            Assumption::Null | Assumption::False => {
                lots.extend(split_by_default_key(split, &state, space))
            }
            Assumption::NotBucketable => lots.push((state, ShareOutcome::NoShare)),
            Assumption::Fault => lots.push((state, ShareOutcome::Fault)),
        }
    }
    lots
}

fn representatives_of(attribute: usize, space: &InputDomain) -> &[Representative] {
    let attribute = space.attributes.get(attribute);
    attribute.map_or(&[][..], |attribute| &attribute.representatives.values)
}
