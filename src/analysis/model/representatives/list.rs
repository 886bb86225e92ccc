//! Representative lists of strings, numbers and booleans: every subset of the items that a rule looks for.

use crate::analysis::model::comparisons::Comparisons;
use crate::analysis::model::representatives::set::Representatives;
use crate::limits;
use crate::number;
use crate::value::OwnedValue;

/// The maximum number of items of which all subsets are added.
const MAX_ITEMS: usize = 8;

/// Adds lists.
pub fn add_lists(uses: &Comparisons, pool: &mut Representatives) {
    pool.add(OwnedValue::List(Box::default()), true);
    if uses.list_items.len() > MAX_ITEMS {
        pool.mark_incomplete("compared with too many list items");
        return;
    }
    let texts = uses.list_items.iter().filter_map(as_text);
    let texts: Vec<OwnedValue> = texts.collect();
    add_subsets(&texts, &unmatched_string(uses), pool);
    let others = OwnedValue::Text("other".into());
    pool.add(OwnedValue::List([others].into()), false);
    let numbers = uses.list_items.iter().filter_map(as_number);
    let numbers: Vec<OwnedValue> = numbers.collect();
    add_subsets(&numbers, &OwnedValue::Number(7.125), pool);
    let truths = [OwnedValue::Bool(true), OwnedValue::Bool(false)];
    add_subsets(&truths, &OwnedValue::Bool(true), pool);
}

/// A string that no item equals, not even after conversion to a number; a string that is not a number converts to 0.
fn unmatched_string(uses: &Comparisons) -> OwnedValue {
    let taken = |text: &str| {
        uses.list_items.iter().any(|item| match item {
            OwnedValue::Text(item) => **item == *text,
            OwnedValue::Number(n) => number::parse_or_zero(text) == *n,
            _ => false,
        })
    };
    let names = (7..).map(|n| format!("{n}.125"));
    let free = names
        .take(limits::CANDIDATE_VALUES)
        .find(|text| !taken(text));
    OwnedValue::Text(free.unwrap_or_default().into())
}

/// A string that equals this item.
fn as_text(item: &OwnedValue) -> Option<OwnedValue> {
    match item {
        OwnedValue::Text(text) => Some(OwnedValue::Text(text.clone())),
        // An unusual spelling, which no string in the rule is likely to equal.
        OwnedValue::Number(n) => {
            let mut text = if *n < 0.0 { "-00" } else { "+00" }.to_owned();
            number::write_decimal(&mut text, n.abs());
            Some(OwnedValue::Text(text.into()))
        }
        _ => None,
    }
}

/// A number that equals this item.
fn as_number(item: &OwnedValue) -> Option<OwnedValue> {
    match item {
        OwnedValue::Number(n) => Some(OwnedValue::Number(*n)),
        _ => None,
    }
}

/// Adds a list for every subset of `items`, and the same list with one more item that the rule does not name.
fn add_subsets(items: &[OwnedValue], other: &OwnedValue, pool: &mut Representatives) {
    for chosen in 0..1_usize << items.len() {
        let chosen = items
            .iter()
            .enumerate()
            .filter(|(at, _)| chosen >> at & 1 == 1);
        let list: Vec<OwnedValue> = chosen.map(|(_, item)| item.clone()).collect();
        let more = list.iter().cloned().chain([other.clone()]).collect();
        if !list.is_empty() {
            pool.add(OwnedValue::List(list.into()), false);
        }
        pool.add(OwnedValue::List(more), false);
    }
}
