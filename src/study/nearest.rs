//! What would have to change for another answer.

use ecow::EcoString;

use crate::document::flag::Flag;
use crate::limits;
use crate::ruleset;
use crate::study::ask::Asker;
use crate::study::bits::Bits;
use crate::study::describe;
use crate::study::diff::outcome::Outcome;
use crate::study::diff::outcome::outcome;
use crate::study::diff::overlay::in_words;
use crate::study::locate;
use crate::study::program;
use crate::study::program::Program;
use crate::study::space::Part;
use crate::study::space::Space;
use crate::study::state::State;
use crate::study::unit;
use crate::study::unit::written;
use crate::study::walk::Got;
use crate::study::walk::Walk;
use crate::study::witness;
use crate::value::Literal;

/// Another answer, and the fewest changes that lead to it.
#[derive(Debug)]
pub struct Alternative {
    /// The answer.
    pub outcome: Outcome,
    /// The attributes that would have to be otherwise.
    pub attributes: Vec<Otherwise>,
    /// The hashes that would have to be otherwise: another unit, or other weights.
    pub hashes: Vec<OtherHash>,
}

/// An attribute that would have to be otherwise.
#[derive(Debug)]
pub struct Otherwise {
    /// Its path.
    pub attribute: EcoString,
    /// What it is.
    pub is: Literal,
    /// What it would have to be, in words.
    pub condition: String,
    /// A value that would do.
    pub example: Literal,
}

/// A hash that would have to be otherwise.
#[derive(Debug)]
pub struct OtherHash {
    /// The bucketing key in words.
    pub key: String,
    /// What the hash is.
    pub is: u64,
    /// What it would have to be at least.
    pub from: u64,
    /// What it would have to be below.
    pub to: u64,
}

/// For every other answer of the flag the nearest way to it, the nearest answer first; and whether these are all answers.
pub fn nearest(flag: &Flag, compiled: &ruleset::Flag, asker: &Asker) -> (Vec<Alternative>, bool) {
    let mut space = Space::default();
    let program = program::program(flag, &mut space);
    space.close();
    let all = State::all(&space);
    let Ok(cases) = Walk::new(&program, &mut space).answers(&all) else {
        return (Vec::new(), false);
    };
    let now = outcome(compiled, asker.decide(compiled));
    let likes: Vec<Bits> = (0..space.attributes.len())
        .map(|at| {
            let value = space.attributes.get(at).map(|a| locate::value(a, asker));
            let value = value.unwrap_or(Literal::Null);
            locate::like(at, &value, &space, &[&program])
        })
        .collect();
    let mut whole = space.gaps().next().is_none();
    let mut ways: Vec<(usize, State, Outcome)> = Vec::new();
    for (state, got) in cases {
        let Got::Leaf(leaf) = got else {
            whole &= matches!(got, Got::Fault);
            continue;
        };
        let outcome = outcome(compiled, compiled.decision(leaf));
        if !state.guesses.is_empty() {
            whole = false;
        } else if outcome != now {
            let far = distance(&state, &likes, &space, asker);
            ways.push((far, state, outcome));
        }
    }
    ways.sort_by_key(|(far, ..)| *far);
    let mut alternatives: Vec<Alternative> = Vec::new();
    for (_, state, outcome) in ways.into_iter().take(limits::CASES) {
        if alternatives.iter().any(|known| known.outcome == outcome) {
            continue;
        }
        let way = way(&state, outcome, &likes, &space, &program, asker);
        if is_true(&way, compiled, asker) {
            alternatives.push(way);
        }
    }
    (alternatives, whole)
}

/// How many things would have to change.
fn distance(state: &State, likes: &[Bits], space: &Space, asker: &Asker) -> usize {
    let sets = state.sets.iter().zip(likes);
    let attributes = sets.filter(|(set, like)| set.and(like).is_empty()).count();
    attributes + other_hashes(state, space, asker).len()
}

fn way(
    state: &State,
    outcome: Outcome,
    likes: &[Bits],
    space: &Space,
    program: &Program<'_>,
    asker: &Asker,
) -> Alternative {
    let mut attributes = Vec::new();
    for (at, (set, like)) in state.sets.iter().zip(likes).enumerate() {
        let Some(attribute) = space.attributes.get(at) else {
            continue;
        };
        if !set.and(like).is_empty() {
            continue;
        }
        let candidates = &attribute.pool.candidates;
        let first = set.iter().find_map(|at| candidates.get(at));
        attributes.push(Otherwise {
            attribute: attribute.name.clone(),
            is: locate::value(attribute, asker),
            condition: describe::values(at, set, space, &[program]).unwrap_or_default(),
            example: first.map_or(Literal::Null, |first| first.value.clone()),
        });
    }
    Alternative {
        outcome,
        attributes,
        hashes: other_hashes(state, space, asker),
    }
}

fn other_hashes(state: &State, space: &Space, asker: &Asker) -> Vec<OtherHash> {
    let other = |(key, from, to): &(usize, u64, u64)| {
        let parts = space.keys.get(*key)?;
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Attribute(at) => {
                    let value = locate::value(space.attributes.get(*at)?, asker);
                    text.push_str(&written(&value)?);
                }
                Part::Hidden(_) => {}
            }
        }
        let is = u64::from(unit::hash(&text));
        (!(*from..*to).contains(&is)).then(|| OtherHash {
            key: in_words(parts, space),
            is,
            from: *from,
            to: *to,
        })
    };
    state.hashes.iter().filter_map(other).collect()
}

/// Whether the changes really lead there, as far as that can be tried: hashes cannot be chosen.
fn is_true(way: &Alternative, compiled: &ruleset::Flag, asker: &Asker) -> bool {
    if !way.hashes.is_empty() {
        return true;
    }
    let mut changed = asker.clone();
    for attribute in &way.attributes {
        witness::set(
            &mut changed,
            &attribute.attribute,
            attribute.example.clone(),
        );
    }
    outcome(compiled, changed.decide(compiled)) == way.outcome
}
