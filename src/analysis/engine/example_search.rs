//! Contexts that are really in a set of contexts.

use ecow::EcoString;

use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::bucketing;
use crate::analysis::model::bucketing::concat_text;
use crate::analysis::model::comparisons::TIMESTAMP_PATH;
use crate::analysis::model::concrete_eval::OwnedContext;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::input_domain::KeyPart;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::model::representatives::Representative;
use crate::rule::coerce;
use crate::value::OwnedMap;
use crate::value::OwnedValue;

/// How many units are tried for one state.
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
        .filter_map(|at| Some((*at, find_template(*at, state, space, programs)?)))
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
            are_equivalent(*at, value, &pattern.representative, space, programs)
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

/// The plainest value of each attribute.
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

/// The attributes whose hashes are not free.
fn hash_constrained_attributes(state: &ContextSet, space: &InputDomain) -> Vec<usize> {
    let keys = state
        .hash_intervals
        .iter()
        .filter_map(|(key, ..)| space.bucketing_keys.get(*key));
    input_domain::key_attributes(keys.flatten())
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
        let mut text = String::new();
        for part in parts {
            match part {
                KeyPart::Text(part) => text.push_str(part),
                KeyPart::Attribute(at) => match values.get(*at).and_then(concat_text) {
                    Some(part) => text.push_str(&part),
                    None => return false,
                },
                KeyPart::Opaque(_) => return false,
            }
        }
        (*low..*high).contains(&u64::from(bucketing::bucketing_hash(&text)))
    })
}

/// How to make many values that are answered like one.
struct ValueTemplate {
    representative: OwnedValue,
    prefix: String,
    suffix: String,
}

impl ValueTemplate {
    fn instantiate(&self, n: u64) -> OwnedValue {
        OwnedValue::Text(format!("{}{n}{}", self.prefix, self.suffix).into())
    }
}

fn find_template(
    attribute: usize,
    state: &ContextSet,
    space: &InputDomain,
    programs: &[&SymbolicProgram<'_>],
) -> Option<ValueTemplate> {
    let candidates = &space.attributes.get(attribute)?.representatives.values;
    let set = state.attribute_sets.get(attribute)?;
    let texts = set.iter().filter_map(|at| candidates.get(at));
    for candidate in texts.filter(|candidate| !candidate.is_singleton) {
        let OwnedValue::Text(text) = &candidate.value else {
            continue;
        };
        let fits = |pattern: &ValueTemplate| {
            [1, 27, 4096].iter().all(|n| {
                are_equivalent(
                    attribute,
                    &pattern.instantiate(*n),
                    &pattern.representative,
                    space,
                    programs,
                )
            })
        };
        if let Some(pattern) = candidate_templates(candidate, text).into_iter().find(fits) {
            return Some(pattern);
        }
    }
    None
}

fn candidate_templates(candidate: &Representative, text: &str) -> Vec<ValueTemplate> {
    let pattern = |before: String, after: &str| ValueTemplate {
        representative: candidate.value.clone(),
        prefix: before,
        suffix: after.to_owned(),
    };
    let mut patterns = vec![pattern("user-".to_owned(), "")];
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let ends: Vec<usize> = ends.collect();
    for separator in ["", "-", "+"] {
        for at in ends.iter().rev() {
            let (before, after) = text.split_at(*at);
            patterns.push(pattern(format!("{before}{separator}"), after));
        }
    }
    patterns
}

/// Whether all questions that are asked of an attribute have the same answer for two values.
fn are_equivalent(
    attribute: usize,
    value: &OwnedValue,
    like: &OwnedValue,
    space: &InputDomain,
    programs: &[&SymbolicProgram<'_>],
) -> bool {
    let atoms = programs
        .iter()
        .flat_map(|program| &program.single_attribute_exprs);
    let mut atoms = atoms.filter(|atom| atom.attribute == attribute);
    let known = space.attributes.get(attribute).is_some_and(|attribute| {
        let mut alone = attribute
            .representatives
            .values
            .iter()
            .filter(|c| c.is_singleton);
        alone.any(|candidate| candidate.value == *value)
    });
    !known
        && atoms.all(|atom| {
            let truth = |value: &OwnedValue| {
                atom.compiled
                    .evaluate_for_value(value, |value| value.ok().map(coerce::is_truthy))
            };
            truth(value) == truth(like)
        })
}

/// The context with these values of the attributes.
fn build_context(values: &[OwnedValue], space: &InputDomain) -> OwnedContext {
    let mut members: Vec<(EcoString, OwnedValue)> = Vec::new();
    let mut seconds = None;
    for (attribute, value) in space.attributes.iter().zip(values) {
        match value {
            OwnedValue::Number(n) if *attribute.path == *TIMESTAMP_PATH => seconds = Some(*n),
            OwnedValue::Null => {}
            value => insert_at_path(&mut members, &attribute.path, value.clone()),
        }
    }
    OwnedContext {
        attributes: members.into(),
        seconds,
        ..OwnedContext::default()
    }
}

/// The context with another value at a path; null is none.
pub fn set_value_at_path(asker: &mut OwnedContext, path: &str, value: OwnedValue) {
    match value {
        OwnedValue::Number(n) if *path == *TIMESTAMP_PATH => asker.seconds = Some(n),
        value => {
            let mut members = std::mem::take(&mut asker.attributes).into_vec();
            insert_at_path(&mut members, path, value);
            asker.attributes = members.into();
        }
    }
}

/// Puts a value at a path.
fn insert_at_path(members: &mut Vec<(EcoString, OwnedValue)>, path: &str, value: OwnedValue) {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let at = members.iter().position(|(known, _)| **known == *name);
    let Some(rest) = rest else {
        match at.and_then(|at| members.get_mut(at)) {
            Some((_, known)) => *known = value,
            None => members.push((name.into(), value)),
        }
        return;
    };
    let inner: OwnedMap = match at.map(|at| members.remove(at)) {
        Some((_, OwnedValue::Map(inner))) => inner,
        _ => OwnedMap::default(),
    };
    let mut inner = inner.into_vec();
    insert_at_path(&mut inner, rest, value);
    members.push((name.into(), OwnedValue::Map(inner.into())));
}
