//! Templates that generate many attribute values of one equivalence class, to search for a hash in an interval.

use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::model::representatives::set::Representative;
use crate::rule::coerce;
use crate::value::OwnedValue;

/// A prefix and a suffix: with a number between them, values of one equivalence class.
pub struct ValueTemplate {
    /// The representative of the class.
    pub representative: OwnedValue,
    prefix: String,
    suffix: String,
}

impl ValueTemplate {
    /// The value number `n`.
    pub fn instantiate(&self, n: u64) -> OwnedValue {
        OwnedValue::Text(format!("{}{n}{}", self.prefix, self.suffix).into())
    }
}

/// A template whose values are in the equivalence class of a representative in `state`.
pub fn find_template(
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

/// Returns true if every expression over an attribute has the same truthiness for two values.
pub fn are_equivalent(
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
