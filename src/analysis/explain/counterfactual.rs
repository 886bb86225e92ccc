//! What would have to change for another answer.

use ecow::EcoString;

use crate::analysis::diff::disjoint_cells::format_bucketing_key;
use crate::analysis::engine::classify;
use crate::analysis::engine::example_search;
use crate::analysis::engine::symbolic_execution::AbstractValue;
use crate::analysis::engine::symbolic_execution::SymbolicExecution;
use crate::analysis::format::value_set;
use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::bucketing;
use crate::analysis::model::bucketing::concat_text;
use crate::analysis::model::concrete_eval::OwnedContext;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::input_domain::KeyPart;
use crate::analysis::model::program;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::outcome::Outcome;
use crate::analysis::outcome::outcome_of_decision;
use crate::document::flag::FlagDefinition;
use crate::limits;
use crate::ruleset;
use crate::value::OwnedValue;

/// Another answer, and the fewest changes that lead to it.
#[derive(Debug)]
pub struct Counterfactual {
    /// The answer.
    pub outcome: Outcome,
    /// The attributes that would have to be otherwise.
    pub attribute_changes: Vec<AttributeChange>,
    /// The hashes that would have to be otherwise: another unit, or other weights.
    pub hash_changes: Vec<HashChange>,
}

/// An attribute that would have to be otherwise.
#[derive(Debug)]
pub struct AttributeChange {
    /// Its path.
    pub attribute: EcoString,
    /// What it is.
    pub current: OwnedValue,
    /// What it would have to be, in words.
    pub condition: String,
    /// A value that would do.
    pub example: OwnedValue,
}

/// A hash that would have to be otherwise.
#[derive(Debug)]
pub struct HashChange {
    /// The bucketing key in words.
    pub key: String,
    /// What the hash is.
    pub current: u64,
    /// What it would have to be at least.
    pub from: u64,
    /// What it would have to be below.
    pub to: u64,
}

/// For every other answer of the flag the nearest way to it, the nearest answer first; and whether these are all answers.
pub fn find_counterfactuals(
    flag: &FlagDefinition,
    compiled: &ruleset::CompiledFlag,
    asker: &OwnedContext,
) -> (Vec<Counterfactual>, bool) {
    let mut space = InputDomain::default();
    let program = program::lower_flag(flag, &mut space);
    space.choose_representatives();
    let all = ContextSet::all(&space);
    let Ok(cases) = SymbolicExecution::new(&program, &mut space).execute_rule(&all) else {
        return (Vec::new(), false);
    };
    let now = outcome_of_decision(compiled, asker.decide(compiled));
    let likes: Vec<BitSet> = (0..space.attributes.len())
        .map(|at| {
            let value = space
                .attributes
                .get(at)
                .map(|a| classify::attribute_value(a, asker));
            let value = value.unwrap_or(OwnedValue::Null);
            classify::equivalent_representatives(at, &value, &space, &[&program])
        })
        .collect();
    let mut whole = space.incomplete_attributes().next().is_none();
    let mut ways: Vec<(usize, ContextSet, Outcome)> = Vec::new();
    for (state, got) in cases {
        let AbstractValue::Leaf(leaf) = got else {
            whole &= matches!(got, AbstractValue::Fault);
            continue;
        };
        let outcome = outcome_of_decision(compiled, compiled.decision_for_leaf(leaf));
        if !state.assumptions.is_empty() {
            whole = false;
        } else if outcome != now {
            let far = change_count(&state, &likes, &space, asker);
            ways.push((far, state, outcome));
        }
    }
    ways.sort_by_key(|(far, ..)| *far);
    let mut alternatives: Vec<Counterfactual> = Vec::new();
    for (_, state, outcome) in ways.into_iter().take(limits::ANALYSIS_CASES) {
        if alternatives.iter().any(|known| known.outcome == outcome) {
            continue;
        }
        let way = counterfactual(&state, outcome, &likes, &space, &program, asker);
        if is_confirmed(&way, compiled, asker) {
            alternatives.push(way);
        }
    }
    (alternatives, whole)
}

/// How many things would have to change.
fn change_count(
    state: &ContextSet,
    likes: &[BitSet],
    space: &InputDomain,
    asker: &OwnedContext,
) -> usize {
    let sets = state.attribute_sets.iter().zip(likes);
    let attributes = sets
        .filter(|(set, like)| set.intersection(like).is_empty())
        .count();
    attributes + required_hash_changes(state, space, asker).len()
}

fn counterfactual(
    state: &ContextSet,
    outcome: Outcome,
    likes: &[BitSet],
    space: &InputDomain,
    program: &SymbolicProgram<'_>,
    asker: &OwnedContext,
) -> Counterfactual {
    let mut attributes = Vec::new();
    for (at, (set, like)) in state.attribute_sets.iter().zip(likes).enumerate() {
        let Some(attribute) = space.attributes.get(at) else {
            continue;
        };
        if !set.intersection(like).is_empty() {
            continue;
        }
        let candidates = &attribute.representatives.values;
        let first = set.iter().find_map(|at| candidates.get(at));
        attributes.push(AttributeChange {
            attribute: attribute.path.clone(),
            current: classify::attribute_value(attribute, asker),
            condition: value_set::describe_value_set(at, set, space, &[program])
                .unwrap_or_default(),
            example: first.map_or(OwnedValue::Null, |first| first.value.clone()),
        });
    }
    Counterfactual {
        outcome,
        attribute_changes: attributes,
        hash_changes: required_hash_changes(state, space, asker),
    }
}

fn required_hash_changes(
    state: &ContextSet,
    space: &InputDomain,
    asker: &OwnedContext,
) -> Vec<HashChange> {
    let other = |(key, from, to): &(usize, u64, u64)| {
        let parts = space.bucketing_keys.get(*key)?;
        let mut text = String::new();
        for part in parts {
            match part {
                KeyPart::Text(part) => text.push_str(part),
                KeyPart::Attribute(at) => {
                    let value = classify::attribute_value(space.attributes.get(*at)?, asker);
                    text.push_str(&concat_text(&value)?);
                }
                KeyPart::Opaque(_) => {}
            }
        }
        let is = u64::from(bucketing::bucketing_hash(&text));
        (!(*from..*to).contains(&is)).then(|| HashChange {
            key: format_bucketing_key(parts, space),
            current: is,
            from: *from,
            to: *to,
        })
    };
    state.hash_intervals.iter().filter_map(other).collect()
}

/// Whether the changes really lead there, as far as that can be tried: hashes cannot be chosen.
fn is_confirmed(
    way: &Counterfactual,
    compiled: &ruleset::CompiledFlag,
    asker: &OwnedContext,
) -> bool {
    if !way.hash_changes.is_empty() {
        return true;
    }
    let mut changed = asker.clone();
    for attribute in &way.attribute_changes {
        example_search::set_value_at_path(
            &mut changed,
            &attribute.attribute,
            attribute.example.clone(),
        );
    }
    outcome_of_decision(compiled, changed.decide(compiled)) == way.outcome
}
