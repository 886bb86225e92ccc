//! Strings: those that a rule names, and strings that it does not name with every mixture of the parts that it asks for.

use std::collections::BTreeSet;

use ecow::EcoString;

use crate::limits;
use crate::study::pool::Pool;
use crate::study::uses::Uses;
use crate::value::Literal;

/// The most parts of which every mixture is tried.
const PARTS: usize = 6;
/// The longest string of which every part is tried, in bytes.
const WHOLE: usize = 64;
/// The most strings of which that is done.
const WHOLES: usize = 64;

/// Adds the strings that a rule names.
pub fn exact(uses: &Uses, pool: &mut Pool) {
    for text in &uses.equal {
        pool.add(Literal::Text(text.clone()), true);
    }
}

/// Adds strings that a rule does not name.
pub fn generic(uses: &Uses, pool: &mut Pool) {
    let affixes = [&uses.prefixes, &uses.suffixes, &uses.parts];
    let affixed = affixes.iter().any(|set| !set.is_empty());
    let kinds = [
        uses.numeric,
        !uses.order.is_empty(),
        affixed,
        !uses.wholes.is_empty(),
        !uses.versions.is_empty(),
    ];
    if kinds.iter().filter(|kind| **kind).count() > 1 {
        pool.note("it is asked for several kinds of things: parts, order, numbers, versions");
    }
    other(uses, pool);
    if !uses.order.is_empty() {
        ordered(uses, pool);
    }
    if affixed {
        mixed(uses, pool);
    }
    for whole in uses.wholes.iter().take(WHOLES) {
        parts_of(whole, pool);
    }
    if uses.wholes.len() > WHOLES {
        pool.note("it is looked for in too many strings");
    }
}

/// Some string that is neither named nor a number nor a version.
fn other(uses: &Uses, pool: &mut Pool) {
    let names = ["user-1", "other", "another"].map(str::to_owned);
    let more = (0..).map(|n| format!("other-{n}"));
    let taken = |name: &String| uses.equal.contains(name.as_str());
    for name in names.into_iter().chain(more).filter(|n| !taken(n)).take(2) {
        pool.add(Literal::Text(name.into()), false);
    }
}

/// Of each interval between two named strings the least string.
fn ordered(uses: &Uses, pool: &mut Pool) {
    for text in uses.order.union(&uses.equal) {
        pool.add(Literal::Text(text.clone()), uses.equal.contains(text));
        for next in ["a", "\u{0}"] {
            pool.add(Literal::Text(format!("{text}{next}").into()), false);
        }
    }
    pool.add(Literal::Text("\u{0}".into()), false);
}

/// Every beginning with every ending and every set of parts, kept apart by a character that none of them has.
fn mixed(uses: &Uses, pool: &mut Pool) {
    let Some(gap) = unused(uses) else {
        return pool.note("it is compared with too many characters");
    };
    let ends = (uses.prefixes.len() + 1).saturating_mul(uses.suffixes.len() + 1);
    if uses.parts.len() > PARTS || ends.saturating_mul(1 << uses.parts.len()) > limits::CANDIDATES {
        return pool.note("it is asked for too many parts");
    }
    let with_none = |set: &BTreeSet<EcoString>| -> Vec<String> {
        let mut all = vec![String::new()];
        all.extend(set.iter().map(ToString::to_string));
        all
    };
    let parts: Vec<&EcoString> = uses.parts.iter().collect();
    for chosen in 0..1_usize << parts.len() {
        let chosen = parts
            .iter()
            .enumerate()
            .filter(|(at, _)| chosen >> at & 1 == 1);
        let chosen = chosen.flat_map(|(_, part)| part.chars().chain([gap]));
        let inner: String = chosen.collect();
        for prefix in with_none(&uses.prefixes) {
            for suffix in with_none(&uses.suffixes) {
                let text = format!("{prefix}{gap}{inner}{suffix}");
                pool.add(Literal::Text(text.into()), false);
            }
        }
    }
}

/// A character that no string in the rule has.
fn unused(uses: &Uses) -> Option<char> {
    let sets = [&uses.equal, &uses.prefixes, &uses.suffixes, &uses.parts];
    let taken = |c: char| {
        sets.iter()
            .any(|set| set.iter().any(|text| text.contains(c)))
    };
    ('0'..='9')
        .chain('a'..='z')
        .chain("_-~".chars())
        .chain('\u{e000}'..='\u{e0ff}')
        .find(|c| !taken(*c))
}

fn parts_of(whole: &str, pool: &mut Pool) {
    if whole.len() > WHOLE {
        return pool.note("it is looked for in a long string");
    }
    let ends: Vec<usize> = whole
        .char_indices()
        .map(|(at, _)| at)
        .chain([whole.len()])
        .collect();
    for from in &ends {
        for to in ends.iter().filter(|to| *to > from) {
            if let Some(part) = whole.get(*from..*to) {
                pool.add(Literal::Text(part.into()), true);
            }
        }
    }
}
