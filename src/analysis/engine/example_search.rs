//! Searches a set of contexts for concrete example contexts, such that bucketing keys hash into the required intervals.

pub mod value_template;

use crate::analysis::engine::example_search::value_template::ValueTemplate;
use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::bucketing;
use crate::analysis::model::bucketing::key_part;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::owned_context::OwnedContext;
use crate::analysis::model::program::SymbolicProgram;
use crate::value::OwnedValue;

/// The maximum number of units that are tried for one set of contexts.
const MAX_ATTEMPTS: u64 = 200_000;

/// Up to `count` different contexts in `state` that `accept` accepts; fewer, or none, if no more are found.
pub fn find_examples(
    state: &ContextSet,
    space: &InputDomain,
    programs: &[&SymbolicProgram<'_>],
    count: usize,
    mut accept: impl FnMut(&OwnedContext) -> bool,
) -> Vec<OwnedContext> {
    let mut values = simplest_values(state, space);
    let mut found = Vec::new();
    let restricted: Vec<usize> = hash_constrained_attributes(state, space);
    if restricted.is_empty() {
        let asker = build_context(&values, space);
        found.extend(accept(&asker).then_some(asker));
        return found;
    }
    let patterns: Vec<(usize, ValueTemplate)> = restricted
        .iter()
        .filter_map(|at| {
            Some((
                *at,
                value_template::find_template(*at, state, space, programs)?,
            ))
        })
        .collect();
    if patterns.len() < restricted.len() {
        return found;
    }
    for n in 1..=MAX_ATTEMPTS {
        for (at, pattern) in &patterns {
            if let Some(value) = values.get_mut(*at) {
                *value = pattern.instantiate(n);
            }
        }
        if !satisfies_hash_intervals(state, space, &values) {
            continue;
        }
        let fits = |(at, pattern): &(usize, ValueTemplate)| {
            let value = values.get(*at).unwrap_or(&OwnedValue::Null);
            value_template::are_equivalent(*at, value, &pattern.representative, space, programs)
        };
        if !patterns.iter().all(fits) {
            continue;
        }
        let asker = build_context(&values, space);
        found.extend(accept(&asker).then_some(asker));
        if found.len() >= count {
            break;
        }
    }
    found
}

/// The first representative of each attribute.
fn simplest_values(state: &ContextSet, space: &InputDomain) -> Vec<OwnedValue> {
    let first = |(attribute, set): (&input_domain::AttributeDomain, &BitSet)| {
        let candidate = set
            .iter()
            .find_map(|at| attribute.representatives.values.get(at));
        candidate.map_or(OwnedValue::Null, |candidate| candidate.value.clone())
    };
    space
        .attributes
        .iter()
        .zip(&state.attribute_sets)
        .map(first)
        .collect()
}

/// The attributes in bucketing keys whose hash is restricted.
fn hash_constrained_attributes(state: &ContextSet, space: &InputDomain) -> Vec<usize> {
    let keys = state
        .hash_intervals
        .iter()
        .filter_map(|(key, ..)| space.bucketing_keys.get(*key));
    key_part::key_attributes(keys.flatten())
}

fn satisfies_hash_intervals(
    state: &ContextSet,
    space: &InputDomain,
    values: &[OwnedValue],
) -> bool {
    state.hash_intervals.iter().all(|(key, low, high)| {
        let Some(parts) = space.bucketing_keys.get(*key) else {
            return false;
        };
        let text_of = |at: usize| values.get(at).and_then(key_part::concat_text);
        let text = key_part::render_key(parts, text_of);
        text.is_some_and(|text| {
            (*low..*high).contains(&u64::from(bucketing::bucketing_hash(&text)))
        })
    })
}

/// The context with these values of the attributes.
fn build_context(values: &[OwnedValue], space: &InputDomain) -> OwnedContext {
    let mut context = OwnedContext::default();
    for (attribute, value) in space.attributes.iter().zip(values) {
        if *value != OwnedValue::Null {
            context.set_at_path(&attribute.path, value.clone());
        }
    }
    context
}
