//! A set of values of one attribute in words.

use crate::study::bits::Bits;
use crate::study::pool::Candidate;
use crate::study::program::Program;
use crate::study::show;
use crate::study::space::Attribute;
use crate::study::space::Space;
use crate::value::Literal;

/// How many values are listed one by one.
const LISTED: usize = 5;

/// What the attribute's values in `set` have in common and all others have not; `None` if they are all values.
pub fn values(
    attribute: usize,
    set: &Bits,
    space: &Space,
    programs: &[&Program<'_>],
) -> Option<String> {
    let known = space.attributes.get(attribute)?;
    let candidates = &known.pool.candidates;
    let all = universe(known, set);
    if all.within(set) {
        return None;
    }
    let set = &set.and(&all);
    let questions = questions(attribute, space, programs);
    let asked = questions
        .iter()
        .find(|question| question.asked && question.holds.and(&all) == *set);
    if let Some(asked) = asked {
        return Some(asked.words.clone());
    }
    let listed = |set: &Bits| listed(set, candidates);
    if let Some(values) = listed(set) {
        return Some(among(&known.name, &values, false));
    }
    if let Some(words) = in_words(set, &all, &questions) {
        return Some(words);
    }
    let others = all.minus(set);
    if let Some(values) = listed(&others) {
        return Some(among(&known.name, &values, true));
    }
    if let Some(words) = in_words(&others, &all, &questions) {
        return Some(format!("not ({words})"));
    }
    let like = set.iter().filter_map(|at| candidates.get(at)).take(LISTED);
    let like: Vec<String> = like
        .map(|candidate| show::value(&candidate.value))
        .collect();
    Some(format!("{} like {}", known.name, like.join(", ")))
}

/// The values that are told apart: for an attribute that units are bucketed by the names of units, unless there are none
/// of them in `set`.
fn universe(attribute: &Attribute, set: &Bits) -> Bits {
    let candidates = &attribute.pool.candidates;
    let mut units = Bits::none(candidates.len());
    for (at, candidate) in candidates.iter().enumerate() {
        if matches!(&candidate.value, Literal::Text(text) if !text.is_empty()) {
            units.insert(at);
        }
    }
    if attribute.hashed && !set.and(&units).is_empty() {
        units
    } else {
        Bits::all(candidates.len())
    }
}

/// The values, if they stand for themselves alone and are few.
fn listed(set: &Bits, candidates: &[Candidate]) -> Option<Vec<Literal>> {
    if set.len() > LISTED {
        return None;
    }
    let chosen = set.iter().filter_map(|at| candidates.get(at));
    let value = |candidate: &Candidate| candidate.alone.then(|| candidate.value.clone());
    chosen.map(value).collect()
}

fn among(name: &str, values: &[Literal], not: bool) -> String {
    let shown: Vec<String> = values.iter().map(show::value).collect();
    match (values, not) {
        ([Literal::Null], false) => format!("{name} is absent"),
        ([Literal::Null], true) => format!("{name} is there"),
        ([_], false) => format!("{name} = {}", shown.join("")),
        ([_], true) => format!("{name} ≠ {}", shown.join("")),
        (_, false) => format!("{name} in [{}]", shown.join(", ")),
        (_, true) => format!("{name} not in [{}]", shown.join(", ")),
    }
}

/// A question in words.
#[derive(Debug)]
struct Worded {
    words: String,
    /// The candidates for which it holds.
    holds: Bits,
    /// Whether it is asked so, and not the opposite of what is asked.
    asked: bool,
}

/// All questions that are asked of an attribute, and their opposites.
fn questions(attribute: usize, space: &Space, programs: &[&Program<'_>]) -> Vec<Worded> {
    let mut questions: Vec<Worded> = Vec::new();
    let atoms = programs.iter().flat_map(|program| &program.atoms);
    for atom in atoms.filter(|atom| atom.attribute == attribute) {
        let truths = atom.truths(space);
        let mut holds = Bits::none(truths.len());
        let positions = truths.iter().enumerate();
        let positions = positions.filter(|(_, truth)| **truth == Some(true));
        positions.for_each(|(at, _)| holds.insert(at));
        let words = show::condition(atom.node);
        let fails = Bits::all(truths.len()).minus(&holds);
        let not = format!("not {words}");
        for (words, holds, asked) in [(words, holds, true), (not, fails, false)] {
            if !questions.iter().any(|known| known.holds == holds) {
                questions.push(Worded {
                    words,
                    holds,
                    asked,
                });
            }
        }
    }
    questions
}

/// Questions that together hold for the values of `set` and no others, the fewest that are found.
fn in_words(set: &Bits, all: &Bits, questions: &[Worded]) -> Option<String> {
    let useful: Vec<&Worded> = questions
        .iter()
        .filter(|question| set.within(&question.holds))
        .collect();
    let mut words: Vec<&str> = Vec::new();
    let mut left = all.clone();
    while left != *set {
        let size = |question: &&&Worded| left.and(&question.holds).len();
        let best = useful.iter().min_by_key(size)?;
        let next = left.and(&best.holds);
        if next == left {
            return None;
        }
        left = next;
        words.push(&best.words);
    }
    Some(words.join(" and "))
}
