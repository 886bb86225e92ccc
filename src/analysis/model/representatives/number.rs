//! Representative numbers: those that a rule compares with, and numbers between and beside them.

use crate::analysis::model::comparisons::Comparisons;
use crate::analysis::model::representatives::set::Representatives;
use crate::number;
use crate::value::OwnedValue;

/// The numbers that a rule names, in order.
fn compared_numbers(uses: &Comparisons) -> Vec<f64> {
    let mut numbers: Vec<f64> = uses
        .numbers
        .iter()
        .map(|bits| f64::from_bits(*bits))
        .collect();
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    numbers
}

/// Numbers beside and between the named ones, round numbers first.
fn intermediate_numbers(named: &[f64]) -> Vec<f64> {
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

/// Adds numbers, and strings that spell them if the rule converts strings to numbers.
pub fn add_numbers(uses: &Comparisons, pool: &mut Representatives) {
    let named = compared_numbers(uses);
    for n in &named {
        pool.add(OwnedValue::Number(*n), true);
    }
    pool.add(OwnedValue::Number(0.0), true);
    let between = intermediate_numbers(&named);
    for n in &between {
        pool.add(OwnedValue::Number(*n), false);
    }
    if uses.parses_strings_as_numbers {
        for n in named.iter().chain(&between).chain(&[0.0]) {
            add_spelling(*n, uses, pool);
        }
        pool.add(OwnedValue::Text(" ".into()), true);
    }
}

/// Adds a string that converts to `n` and that the rule does not name.
fn add_spelling(n: f64, uses: &Comparisons, pool: &mut Representatives) {
    let mut plain = String::new();
    number::write_decimal(&mut plain, n);
    let sign = if n.is_sign_negative() { "-" } else { "" };
    let digits = plain.trim_start_matches('-');
    let spellings = (0..8).map(|zeros| format!("{sign}{}{digits}", "0".repeat(zeros)));
    let free = spellings
        .into_iter()
        .find(|text| !uses.equal_strings.contains(text.as_str()));
    match free {
        Some(text) => pool.add(OwnedValue::Text(text.into()), false),
        None => pool.mark_incomplete("compared with too many spellings of one number"),
    }
}

/// Adds whole seconds: those that a rule names, and their neighbors.
pub fn add_timestamps(uses: &Comparisons, pool: &mut Representatives) {
    let mut all: Vec<f64> = vec![0.0];
    for n in compared_numbers(uses) {
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
        pool.add(OwnedValue::Number(n), false);
    }
}
