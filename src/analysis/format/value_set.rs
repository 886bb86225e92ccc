//! Describes a set of values of one attribute as text, with the predicates of the rules where they fit.

use crate::analysis::format;
use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::input_domain::AttributeDomain;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::model::representatives::set::Representative;
use crate::value::OwnedValue;

/// The maximum number of values in a list.
const MAX_LISTED: usize = 5;

/// A condition that exactly the values in `set` meet; `None` if those are all values.
pub fn describe_value_set(
    attribute: usize,
    set: &BitSet,
    space: &InputDomain,
    programs: &[&SymbolicProgram<'_>],
) -> Option<String> {
    let known = space.attributes.get(attribute)?;
    let candidates = &known.representatives.values;
    let all = relevant_values(known, set);
    if all.is_subset(set) {
        return None;
    }
    if known.is_used_for_bucketing && *set == all.difference(&unit_values(known)) {
        return Some(format!("{} is absent, empty or not a text", known.path));
    }
    let set = &set.intersection(&all);
    let questions = described_predicates(attribute, space, programs);
    let asked = questions
        .iter()
        .find(|question| question.is_as_written && question.matching.intersection(&all) == *set);
    if let Some(asked) = asked {
        return Some(asked.text.clone());
    }
    let listed = |set: &BitSet| singleton_values(set, candidates);
    if let Some(values) = listed(set) {
        return Some(format_membership(&known.path, &values, false));
    }
    if let Some(words) = cover_with_predicates(set, &all, &questions) {
        return Some(words);
    }
    let others = all.difference(set);
    if let Some(values) = listed(&others) {
        return Some(format_membership(&known.path, &values, true));
    }
    if let Some(words) = cover_with_predicates(&others, &all, &questions) {
        return Some(format!("not ({words})"));
    }
    let like = set
        .iter()
        .filter_map(|at| candidates.get(at))
        .take(MAX_LISTED);
    let like: Vec<String> = like
        .map(|candidate| format::format_value(&candidate.value))
        .collect();
    Some(format!("{} like {}", known.path, like.join(", ")))
}

/// The condition that an attribute in a bucketing key identifies a unit.
pub fn describe_unit(attribute: &AttributeDomain) -> String {
    format!("{} is a text and not empty", attribute.path)
}

/// The values that are distinguished. For an attribute in a bucketing key these are non-empty strings, unless `set`
/// contains none.
fn relevant_values(attribute: &AttributeDomain, set: &BitSet) -> BitSet {
    let units = unit_values(attribute);
    if attribute.is_used_for_bucketing && !set.intersection(&units).is_empty() {
        units
    } else {
        BitSet::full(attribute.representatives.values.len())
    }
}

/// The texts that are not empty.
fn unit_values(attribute: &AttributeDomain) -> BitSet {
    let candidates = &attribute.representatives.values;
    let mut units = BitSet::empty(candidates.len());
    for (at, candidate) in candidates.iter().enumerate() {
        if matches!(&candidate.value, OwnedValue::Text(text) if !text.is_empty()) {
            units.insert(at);
        }
    }
    units
}

/// Returns true if `set` contains only units: the attribute is in a bucketing key, and contexts without it are not in
/// the set.
pub fn requires_unit(attribute: &AttributeDomain, set: &BitSet) -> bool {
    attribute.is_used_for_bucketing && set.is_subset(&unit_values(attribute))
}

/// The values, if they are few and all singletons.
fn singleton_values(set: &BitSet, candidates: &[Representative]) -> Option<Vec<OwnedValue>> {
    if set.len() > MAX_LISTED {
        return None;
    }
    let chosen = set.iter().filter_map(|at| candidates.get(at));
    let value =
        |candidate: &Representative| candidate.is_singleton.then(|| candidate.value.clone());
    chosen.map(value).collect()
}

fn format_membership(name: &str, values: &[OwnedValue], not: bool) -> String {
    let shown: Vec<String> = values.iter().map(format::format_value).collect();
    match (values, not) {
        ([OwnedValue::Null], false) => format!("{name} is absent"),
        ([OwnedValue::Null], true) => format!("{name} is present"),
        ([_], false) => format!("{name} = {}", shown.join("")),
        ([_], true) => format!("{name} ≠ {}", shown.join("")),
        (_, false) => format!("{name} in [{}]", shown.join(", ")),
        (_, true) => format!("{name} not in [{}]", shown.join(", ")),
    }
}

/// A predicate on the attribute, as text.
#[derive(Debug)]
struct DescribedPredicate {
    text: String,
    /// The representatives for which it holds.
    matching: BitSet,
    /// True if the rule contains the predicate, false if its negation.
    is_as_written: bool,
}

/// All predicates of the rules on an attribute, and their negations.
fn described_predicates(
    attribute: usize,
    space: &InputDomain,
    programs: &[&SymbolicProgram<'_>],
) -> Vec<DescribedPredicate> {
    let mut questions: Vec<DescribedPredicate> = Vec::new();
    let atoms = programs
        .iter()
        .flat_map(|program| &program.single_attribute_exprs);
    for atom in atoms.filter(|atom| atom.attribute == attribute) {
        let truths = atom.truth_per_representative(space);
        let mut holds = BitSet::empty(truths.len());
        let positions = truths.iter().enumerate();
        let positions = positions.filter(|(_, truth)| **truth == Some(true));
        positions.for_each(|(at, _)| holds.insert(at));
        let words = format::format_condition(atom.node);
        let fails = BitSet::full(truths.len()).difference(&holds);
        let not = format!("not {words}");
        for (words, holds, asked) in [(words, holds, true), (not, fails, false)] {
            if !questions.iter().any(|known| known.matching == holds) {
                questions.push(DescribedPredicate {
                    text: words,
                    matching: holds,
                    is_as_written: asked,
                });
            }
        }
    }
    questions
}

/// A conjunction of predicates that holds for exactly the values of `set`, found greedily.
fn cover_with_predicates(
    set: &BitSet,
    all: &BitSet,
    questions: &[DescribedPredicate],
) -> Option<String> {
    let useful: Vec<&DescribedPredicate> = questions
        .iter()
        .filter(|question| set.is_subset(&question.matching))
        .collect();
    let mut words: Vec<&str> = Vec::new();
    let mut left = all.clone();
    while left != *set {
        let size = |question: &&&DescribedPredicate| left.intersection(&question.matching).len();
        let best = useful.iter().min_by_key(size)?;
        let next = left.intersection(&best.matching);
        if next == left {
            return None;
        }
        left = next;
        words.push(&best.text);
    }
    Some(words.join(" and "))
}
