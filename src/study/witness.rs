//! Contexts that are really in a set of contexts.

use ecow::EcoString;

use crate::rule::coerce;
use crate::study::ask::Asker;
use crate::study::bits::Bits;
use crate::study::pool::Candidate;
use crate::study::program::Program;
use crate::study::space;
use crate::study::space::Part;
use crate::study::space::Space;
use crate::study::state::State;
use crate::study::unit;
use crate::study::unit::written;
use crate::study::uses::CLOCK;
use crate::value::Literal;
use crate::value::Members;

/// How many units are tried for one state.
const TRIES: u64 = 200_000;

/// Up to `count` different contexts in `state` that `accept` accepts; fewer, or none, if no more are found.
pub fn find(
    state: &State,
    space: &Space,
    programs: &[&Program<'_>],
    count: usize,
    mut accept: impl FnMut(&Asker) -> bool,
) -> Vec<Asker> {
    let mut values = plain(state, space);
    let mut found = Vec::new();
    let restricted: Vec<usize> = attributes_of(state, space);
    if restricted.is_empty() {
        let asker = asker(&values, space);
        found.extend(accept(&asker).then_some(asker));
        return found;
    }
    let patterns: Vec<(usize, Pattern)> = restricted
        .iter()
        .filter_map(|at| Some((*at, pattern(*at, state, space, programs)?)))
        .collect();
    if patterns.len() < restricted.len() {
        return found;
    }
    for n in 1..=TRIES {
        for (at, pattern) in &patterns {
            if let Some(value) = values.get_mut(*at) {
                *value = pattern.value(n);
            }
        }
        if !hashes_fit(state, space, &values) {
            continue;
        }
        let fits = |(at, pattern): &(usize, Pattern)| {
            let value = values.get(*at).unwrap_or(&Literal::Null);
            same(*at, value, &pattern.like, space, programs)
        };
        if !patterns.iter().all(fits) {
            continue;
        }
        let asker = asker(&values, space);
        found.extend(accept(&asker).then_some(asker));
        if found.len() >= count {
            break;
        }
    }
    found
}

/// The plainest value of each attribute.
fn plain(state: &State, space: &Space) -> Vec<Literal> {
    let first = |(attribute, set): (&space::Attribute, &Bits)| {
        let candidate = set.iter().find_map(|at| attribute.pool.candidates.get(at));
        candidate.map_or(Literal::Null, |candidate| candidate.value.clone())
    };
    space
        .attributes
        .iter()
        .zip(&state.sets)
        .map(first)
        .collect()
}

/// The attributes whose hashes are not free.
fn attributes_of(state: &State, space: &Space) -> Vec<usize> {
    let keys = state
        .hashes
        .iter()
        .filter_map(|(key, ..)| space.keys.get(*key));
    space::attributes(keys.flatten())
}

fn hashes_fit(state: &State, space: &Space, values: &[Literal]) -> bool {
    state.hashes.iter().all(|(key, low, high)| {
        let Some(parts) = space.keys.get(*key) else {
            return false;
        };
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Attribute(at) => match values.get(*at).and_then(written) {
                    Some(part) => text.push_str(&part),
                    None => return false,
                },
                Part::Hidden(_) => return false,
            }
        }
        (*low..*high).contains(&u64::from(unit::hash(&text)))
    })
}

/// How to make many values that are answered like one.
struct Pattern {
    like: Literal,
    before: String,
    after: String,
}

impl Pattern {
    fn value(&self, n: u64) -> Literal {
        Literal::Text(format!("{}{n}{}", self.before, self.after).into())
    }
}

fn pattern(
    attribute: usize,
    state: &State,
    space: &Space,
    programs: &[&Program<'_>],
) -> Option<Pattern> {
    let candidates = &space.attributes.get(attribute)?.pool.candidates;
    let set = state.sets.get(attribute)?;
    let texts = set.iter().filter_map(|at| candidates.get(at));
    for candidate in texts.filter(|candidate| !candidate.alone) {
        let Literal::Text(text) = &candidate.value else {
            continue;
        };
        let fits = |pattern: &Pattern| {
            [1, 27, 4096].iter().all(|n| {
                same(
                    attribute,
                    &pattern.value(*n),
                    &pattern.like,
                    space,
                    programs,
                )
            })
        };
        if let Some(pattern) = patterns(candidate, text).into_iter().find(fits) {
            return Some(pattern);
        }
    }
    None
}

fn patterns(candidate: &Candidate, text: &str) -> Vec<Pattern> {
    let pattern = |before: String, after: &str| Pattern {
        like: candidate.value.clone(),
        before,
        after: after.to_owned(),
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
fn same(
    attribute: usize,
    value: &Literal,
    like: &Literal,
    space: &Space,
    programs: &[&Program<'_>],
) -> bool {
    let atoms = programs.iter().flat_map(|program| &program.atoms);
    let mut atoms = atoms.filter(|atom| atom.attribute == attribute);
    let known = space.attributes.get(attribute).is_some_and(|attribute| {
        let mut alone = attribute.pool.candidates.iter().filter(|c| c.alone);
        alone.any(|candidate| candidate.value == *value)
    });
    !known
        && atoms.all(|atom| {
            let truth = |value: &Literal| {
                atom.question
                    .put(value, |value| value.ok().map(coerce::truthy))
            };
            truth(value) == truth(like)
        })
}

/// The context with these values of the attributes.
fn asker(values: &[Literal], space: &Space) -> Asker {
    let mut members: Vec<(EcoString, Literal)> = Vec::new();
    let mut seconds = None;
    for (attribute, value) in space.attributes.iter().zip(values) {
        match value {
            Literal::Number(n) if *attribute.name == *CLOCK => seconds = Some(*n),
            Literal::Null => {}
            value => put(&mut members, &attribute.name, value.clone()),
        }
    }
    Asker {
        members: members.into(),
        seconds,
        ..Asker::default()
    }
}

/// The context with another value at a path; null is none.
pub fn set(asker: &mut Asker, path: &str, value: Literal) {
    match value {
        Literal::Number(n) if *path == *CLOCK => asker.seconds = Some(n),
        value => {
            let mut members = std::mem::take(&mut asker.members).into_vec();
            put(&mut members, path, value);
            asker.members = members.into();
        }
    }
}

/// Puts a value at a path.
fn put(members: &mut Vec<(EcoString, Literal)>, path: &str, value: Literal) {
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
    let inner: Members = match at.map(|at| members.remove(at)) {
        Some((_, Literal::Map(inner))) => inner,
        _ => Members::default(),
    };
    let mut inner = inner.into_vec();
    put(&mut inner, rest, value);
    members.push((name.into(), Literal::Map(inner.into())));
}
