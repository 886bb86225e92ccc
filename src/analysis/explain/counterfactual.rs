//! Counterfactuals: for every other outcome of a flag, the smallest change of the context that leads to it.

use ecow::EcoString;

use crate::analysis::engine::abstract_value::AbstractValue;
use crate::analysis::engine::equivalent_representatives;
use crate::analysis::engine::symbolic_execution::SymbolicExecution;
use crate::analysis::format::bucketing_key::format_bucketing_key;
use crate::analysis::format::value_set;
use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::bucketing;
use crate::analysis::model::bucketing::key_part;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::lowering;
use crate::analysis::model::owned_context::OwnedContext;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::outcome::Outcome;
use crate::document::flag::FlagDefinition;
use crate::limits;
use crate::ruleset;
use crate::value::OwnedValue;

/// Another outcome, and the smallest change that leads to it.
#[derive(Debug)]
pub struct Counterfactual {
    /// The outcome.
    pub outcome: Outcome,
    /// The attributes that would have to change.
    pub attribute_changes: Vec<AttributeChange>,
    /// The hashes that would have to change: by another unit, or other weights.
    pub hash_changes: Vec<HashChange>,
}

/// A required change of an attribute.
#[derive(Debug)]
pub struct AttributeChange {
    /// Its path.
    pub attribute: EcoString,
    /// The current value.
    pub current: OwnedValue,
    /// The condition that the value would have to meet, as text.
    pub condition: String,
    /// A value that meets the condition.
    pub example: OwnedValue,
}

/// A required change of a hash.
#[derive(Debug)]
pub struct HashChange {
    /// The bucketing key as text.
    pub key: String,
    /// The current hash.
    pub current: u64,
    /// The start of the required interval.
    pub from: u64,
    /// The end of the required interval, exclusive.
    pub to: u64,
    /// True if the key contains an attribute that would have to change, so that the current hash does not matter.
    pub needs_other_unit: bool,
}

/// For every other outcome of the flag the smallest change, the nearest outcome first; and true if these are all
/// outcomes.
pub fn find_counterfactuals(
    flag: &FlagDefinition,
    compiled: &ruleset::CompiledFlag,
    asker: &OwnedContext,
) -> (Vec<Counterfactual>, bool) {
    let mut space = InputDomain::default();
    let program = lowering::lower_flag(flag, &mut space);
    space.choose_representatives();
    let all = ContextSet::all(&space);
    let Ok(cases) = SymbolicExecution::new(&program, &mut space).execute_rule(&all) else {
        return (Vec::new(), false);
    };
    let now = Outcome::from_decision(compiled, asker.decide(compiled));
    let likes = equivalent_representatives::of_context(asker, &space, &[&program]);
    let mut whole = space.incomplete_attributes().next().is_none();
    let mut ways: Vec<(usize, ContextSet, Outcome)> = Vec::new();
    for (state, got) in cases {
        let AbstractValue::Leaf(leaf) = got else {
            whole &= matches!(got, AbstractValue::Fault);
            continue;
        };
        let outcome = Outcome::from_decision(compiled, compiled.decision_for_leaf(leaf));
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

/// The number of attributes and hashes that would have to change.
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
    attributes + required_hash_changes(state, likes, space, asker).len()
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
            current: equivalent_representatives::attribute_value(attribute, asker),
            condition: value_set::describe_value_set(at, set, space, &[program])
                .unwrap_or_else(|| value_set::describe_unit(attribute)),
            example: first.map_or(OwnedValue::Null, |first| first.value.clone()),
        });
    }
    Counterfactual {
        outcome,
        attribute_changes: attributes,
        hash_changes: required_hash_changes(state, likes, space, asker),
    }
}

fn required_hash_changes(
    state: &ContextSet,
    likes: &[BitSet],
    space: &InputDomain,
    asker: &OwnedContext,
) -> Vec<HashChange> {
    let changes = |attribute: &usize| {
        let set = state.attribute_sets.get(*attribute);
        let sets = set.zip(likes.get(*attribute));
        sets.is_some_and(|(set, like)| set.intersection(like).is_empty())
    };
    let other = |(key, from, to): &(usize, u64, u64)| {
        let parts = space.bucketing_keys.get(*key)?;
        let text_of = |at: usize| {
            let value =
                equivalent_representatives::attribute_value(space.attributes.get(at)?, asker);
            key_part::concat_text(&value)
        };
        let text = key_part::render_key(parts, text_of)?;
        let is = u64::from(bucketing::bucketing_hash(&text));
        (!(*from..*to).contains(&is)).then(|| HashChange {
            key: format_bucketing_key(parts, space),
            current: is,
            from: *from,
            to: *to,
            needs_other_unit: key_part::key_attributes(parts).iter().any(changes),
        })
    };
    state.hash_intervals.iter().filter_map(other).collect()
}

/// Returns true if evaluation confirms the outcome. Hashes cannot be chosen, so changes of hashes are not tried.
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
        changed.set_at_path(&attribute.attribute, attribute.example.clone());
    }
    Outcome::from_decision(compiled, changed.decide(compiled)) == way.outcome
}
