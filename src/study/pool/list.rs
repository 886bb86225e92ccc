//! Lists of strings, of numbers and of booleans, with every mixture of the items that a rule asks for.

use crate::limits;
use crate::number;
use crate::study::pool::Pool;
use crate::study::uses::Uses;
use crate::value::Literal;

/// The most items of which every mixture is tried.
const ITEMS: usize = 8;

/// Adds lists.
pub fn generic(uses: &Uses, pool: &mut Pool) {
    pool.add(Literal::List(Box::default()), true);
    if uses.members.len() > ITEMS {
        pool.note("it is asked for too many items of a list");
        return;
    }
    let texts = uses.members.iter().filter_map(as_text);
    let texts: Vec<Literal> = texts.collect();
    mixtures(&texts, &stranger(uses), pool);
    let others = Literal::Text("other".into());
    pool.add(Literal::List([others].into()), false);
    let numbers = uses.members.iter().filter_map(as_number);
    let numbers: Vec<Literal> = numbers.collect();
    mixtures(&numbers, &Literal::Number(7.125), pool);
    let truths = [Literal::Bool(true), Literal::Bool(false)];
    mixtures(&truths, &Literal::Bool(true), pool);
}

/// A string that no item equals, not even as a number: a string that is no number counts as 0.
fn stranger(uses: &Uses) -> Literal {
    let taken = |text: &str| {
        uses.members.iter().any(|item| match item {
            Literal::Text(item) => **item == *text,
            Literal::Number(n) => number::parse_or_zero(text) == *n,
            _ => false,
        })
    };
    let names = (7..).map(|n| format!("{n}.125"));
    let free = names.take(limits::CANDIDATES).find(|text| !taken(text));
    Literal::Text(free.unwrap_or_default().into())
}

/// A string that counts as this item.
fn as_text(item: &Literal) -> Option<Literal> {
    match item {
        Literal::Text(text) => Some(Literal::Text(text.clone())),
        // Spelled so that no string of the rule is likely to be the same.
        Literal::Number(n) => {
            let mut text = if *n < 0.0 { "-00" } else { "+00" }.to_owned();
            number::write_plain(&mut text, n.abs());
            Some(Literal::Text(text.into()))
        }
        _ => None,
    }
}

/// A number that counts as this item.
fn as_number(item: &Literal) -> Option<Literal> {
    match item {
        Literal::Number(n) => Some(Literal::Number(*n)),
        _ => None,
    }
}

/// Adds the lists of every set of `items`, and those with one more item that nobody asks for.
fn mixtures(items: &[Literal], other: &Literal, pool: &mut Pool) {
    for chosen in 0..1_usize << items.len() {
        let chosen = items
            .iter()
            .enumerate()
            .filter(|(at, _)| chosen >> at & 1 == 1);
        let list: Vec<Literal> = chosen.map(|(_, item)| item.clone()).collect();
        let more = list.iter().cloned().chain([other.clone()]).collect();
        if !list.is_empty() {
            pool.add(Literal::List(list.into()), false);
        }
        pool.add(Literal::List(more), false);
    }
}
