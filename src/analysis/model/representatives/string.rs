//! Representative strings: those that a rule names, and combinations of its prefixes, suffixes and substrings.

use std::collections::BTreeSet;

use ecow::EcoString;

use crate::analysis::model::comparisons::Comparisons;
use crate::analysis::model::representatives::set::Representatives;
use crate::limits;
use crate::value::OwnedValue;

/// The maximum number of substrings of which all subsets are added.
const MAX_SUBSTRINGS: usize = 6;
/// The maximum length of a string of which all substrings are added, in bytes.
const MAX_SUPERSTRING_BYTES: usize = 64;
/// The maximum number of such strings.
const MAX_SUPERSTRINGS: usize = 64;

/// Adds the strings that a rule names.
pub fn add_named_strings(uses: &Comparisons, pool: &mut Representatives) {
    for text in &uses.equal_strings {
        pool.add(OwnedValue::Text(text.clone()), true);
    }
}

/// Adds strings that a rule does not name.
pub fn add_unnamed_strings(uses: &Comparisons, pool: &mut Representatives) {
    let affixes = [&uses.prefixes, &uses.suffixes, &uses.substrings];
    let affixed = affixes.iter().any(|set| !set.is_empty());
    let kinds = [
        uses.parses_strings_as_numbers,
        !uses.ordered_strings.is_empty(),
        affixed,
        !uses.superstrings.is_empty(),
        !uses.versions.is_empty(),
    ];
    if kinds.iter().filter(|kind| **kind).count() > 1 {
        pool.mark_incomplete(
            "compared in several ways: as text parts, in order, as a number, as a version",
        );
    }
    add_unrelated_strings(uses, pool);
    if !uses.ordered_strings.is_empty() {
        add_order_boundaries(uses, pool);
    }
    if affixed {
        add_affix_combinations(uses, pool);
    }
    for whole in uses.superstrings.iter().take(MAX_SUPERSTRINGS) {
        add_substrings(whole, pool);
    }
    if uses.superstrings.len() > MAX_SUPERSTRINGS {
        pool.mark_incomplete("searched for in too many strings");
    }
}

/// Adds strings that are neither named nor a number nor a version.
fn add_unrelated_strings(uses: &Comparisons, pool: &mut Representatives) {
    let names = ["user-1", "other", "another"].map(str::to_owned);
    let more = (0..).map(|n| format!("other-{n}"));
    let taken = |name: &String| uses.equal_strings.contains(name.as_str());
    for name in names.into_iter().chain(more).filter(|n| !taken(n)).take(2) {
        pool.add(OwnedValue::Text(name.into()), false);
    }
}

/// Adds the least string of each interval between two named strings.
fn add_order_boundaries(uses: &Comparisons, pool: &mut Representatives) {
    for text in uses.ordered_strings.union(&uses.equal_strings) {
        pool.add(
            OwnedValue::Text(text.clone()),
            uses.equal_strings.contains(text),
        );
        for next in ["a", "\u{0}"] {
            pool.add(OwnedValue::Text(format!("{text}{next}").into()), false);
        }
    }
    pool.add(OwnedValue::Text("\u{0}".into()), false);
}

/// Adds every combination of a prefix, a suffix and a subset of substrings, separated by a character that none
/// contains.
fn add_affix_combinations(uses: &Comparisons, pool: &mut Representatives) {
    let Some(gap) = unused_char(uses) else {
        return pool.mark_incomplete("compared with too many different characters");
    };
    let ends = (uses.prefixes.len() + 1).saturating_mul(uses.suffixes.len() + 1);
    if uses.substrings.len() > MAX_SUBSTRINGS
        || ends.saturating_mul(1 << uses.substrings.len()) > limits::CANDIDATE_VALUES
    {
        return pool.mark_incomplete("tested for too many prefixes, suffixes and substrings");
    }
    let with_none = |set: &BTreeSet<EcoString>| -> Vec<String> {
        let mut all = vec![String::new()];
        all.extend(set.iter().map(ToString::to_string));
        all
    };
    let parts: Vec<&EcoString> = uses.substrings.iter().collect();
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
                pool.add(OwnedValue::Text(text.into()), false);
            }
        }
    }
}

/// A character that no string in the rule contains.
fn unused_char(uses: &Comparisons) -> Option<char> {
    let sets = [
        &uses.equal_strings,
        &uses.prefixes,
        &uses.suffixes,
        &uses.substrings,
    ];
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

fn add_substrings(whole: &str, pool: &mut Representatives) {
    if whole.len() > MAX_SUPERSTRING_BYTES {
        return pool.mark_incomplete("searched for in too long a string");
    }
    let ends: Vec<usize> = whole
        .char_indices()
        .map(|(at, _)| at)
        .chain([whole.len()])
        .collect();
    for from in &ends {
        for to in ends.iter().filter(|to| *to > from) {
            if let Some(part) = whole.get(*from..*to) {
                pool.add(OwnedValue::Text(part.into()), true);
            }
        }
    }
}
