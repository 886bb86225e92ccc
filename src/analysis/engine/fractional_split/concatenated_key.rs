//! Splits a set of contexts by the shares of a `fractional` whose bucketing key concatenates text and attributes.

use ecow::EcoString;

use crate::analysis::engine::fractional_split::hash_split;
use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::bucketing::ShareOutcome;
use crate::analysis::model::bucketing::SymbolicFractional;
use crate::analysis::model::bucketing::key_part;
use crate::analysis::model::bucketing::key_part::KeyPart;
use crate::analysis::model::bucketing::key_part::concat_text;
use crate::analysis::model::bucketing::key_part::normalize_key;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::representatives::set::Representative;

/// Splits by a key of texts and attributes.
pub fn split_by_concatenated_key(
    split: &SymbolicFractional,
    parts: &[KeyPart],
    state: &ContextSet,
    space: &mut InputDomain,
) -> Vec<(ContextSet, ShareOutcome)> {
    let attributes = key_part::key_attributes(parts);
    match &*attributes {
        [] => vec![(state.clone(), share_for_parts(split, parts, None))],
        [attribute] => {
            let lot = |candidate: &Representative| match concat_text(&candidate.value) {
                None => ShareOutcome::Fault,
                Some(text) if candidate.is_singleton => share_for_parts(split, parts, Some(&text)),
                Some(_) => ShareOutcome::DependsOnHash,
            };
            hash_split::split_by_single_attribute(
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

/// The share of a key whose attributes all have the text `known`.
fn share_for_parts(
    split: &SymbolicFractional,
    parts: &[KeyPart],
    known: Option<&EcoString>,
) -> ShareOutcome {
    let key = key_part::render_key(parts, |_| known.cloned()).unwrap_or_default();
    split.share_for_key(key.trim())
}

/// Splits by a key of several attributes: each known value is substituted, which yields a separate key.
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
                let lot = share_for_parts(split, &parts, None);
                lots.push((state, lot));
            }
            Some(parts) => lots.extend(hash_split::split_by_hash_interval(
                split, parts, &state, space,
            )),
        }
    }
    lots
}

/// The contexts of each known value of an attribute, with the value substituted in the key, and one set of contexts
/// for all unknown values.
fn substitute_known_values(
    attribute: usize,
    parts: &[KeyPart],
    state: &ContextSet,
    space: &InputDomain,
) -> Vec<(ContextSet, Option<Vec<KeyPart>>)> {
    let candidates = space.representatives_of(attribute);
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
