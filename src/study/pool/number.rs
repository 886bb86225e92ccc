//! Numbers: those that a rule names, and one between each two of them.

use crate::number;
use crate::study::pool::Pool;
use crate::study::uses::Uses;
use crate::value::Literal;

/// The numbers that a rule names, in order.
fn named(uses: &Uses) -> Vec<f64> {
    let mut numbers: Vec<f64> = uses
        .numbers
        .iter()
        .map(|bits| f64::from_bits(*bits))
        .collect();
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    numbers
}

/// Numbers beside and between the named ones, the round ones first.
fn between(named: &[f64]) -> Vec<f64> {
    let mut numbers = vec![7.0];
    for n in named {
        numbers.extend([n + 1.0, n - 1.0]);
    }
    for pair in named.windows(2) {
        if let [low, high] = pair {
            numbers.push(f64::midpoint(*low, *high));
        }
    }
    for n in named.iter().chain(&[0.0]) {
        numbers.extend([n.next_up(), n.next_down()]);
    }
    numbers.retain(|n| n.is_finite() && !named.contains(n));
    numbers
}

/// Adds numbers, and where strings are read as numbers the strings that spell them.
pub fn generic(uses: &Uses, pool: &mut Pool) {
    let named = named(uses);
    for n in &named {
        pool.add(Literal::Number(*n), true);
    }
    pool.add(Literal::Number(0.0), true);
    let between = between(&named);
    for n in &between {
        pool.add(Literal::Number(*n), false);
    }
    if uses.numeric {
        for n in named.iter().chain(&between).chain(&[0.0]) {
            spelled(*n, uses, pool);
        }
        pool.add(Literal::Text(" ".into()), true);
    }
}

/// Adds a string that reads as `n` and that the rule does not name.
fn spelled(n: f64, uses: &Uses, pool: &mut Pool) {
    let mut plain = String::new();
    number::write_plain(&mut plain, n);
    let sign = if n.is_sign_negative() { "-" } else { "" };
    let digits = plain.trim_start_matches('-');
    let spellings = (0..8).map(|zeros| format!("{sign}{}{digits}", "0".repeat(zeros)));
    let free = spellings
        .into_iter()
        .find(|text| !uses.equal.contains(text.as_str()));
    match free {
        Some(text) => pool.add(Literal::Text(text.into()), false),
        None => pool.note("it is compared with too many spellings of one number"),
    }
}

/// Adds whole seconds: those that a rule names, and those beside them.
pub fn seconds(uses: &Uses, pool: &mut Pool) {
    let mut all: Vec<f64> = vec![0.0];
    for n in named(uses) {
        all.extend([
            n.floor() - 1.0,
            n.floor(),
            n.ceil(),
            n.floor() + 1.0,
            n.ceil() + 1.0,
        ]);
    }
    all.retain(|n| *n >= 0.0);
    all.sort_by(f64::total_cmp);
    for n in all {
        pool.add(Literal::Number(n), false);
    }
}
