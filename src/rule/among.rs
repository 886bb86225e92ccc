//! `in` a list that is known when the flag loads.

use std::collections::HashSet;

use crate::number;
use crate::rule::Rule;
use crate::value::Literal;
use crate::value::Value;

/// `{"in": [needle, [constants…]]}`.
#[derive(Debug, Clone)]
pub struct Among {
    /// What is looked for.
    pub needle: Rule,
    /// Where.
    pub set: Set,
}

/// Constants of one type. Lists that mix types, or hold ranges, take the general way.
#[derive(Debug, Clone)]
pub enum Set {
    /// A few strings, compared one by one.
    Few(Box<[Box<str>]>),
    /// Many strings.
    Many(HashSet<Box<str>>),
    /// Numbers.
    Numbers(Box<[f64]>),
}

// Below this many strings, comparing lengths and bytes is faster than hashing.
const FEW: usize = 8;

impl Set {
    /// The set of a constant list, if its items are of one type.
    pub fn of(items: &[Literal]) -> Option<Set> {
        let texts: Option<Vec<Box<str>>> = items.iter().map(text).collect();
        if let Some(texts) = texts {
            return Some(if texts.len() <= FEW {
                Set::Few(texts.into())
            } else {
                Set::Many(texts.into_iter().collect())
            });
        }
        let numbers: Option<Box<[f64]>> = items.iter().map(numeric).collect();
        numbers.map(Set::Numbers)
    }

    /// The number of constants.
    pub fn len(&self) -> usize {
        match self {
            Set::Few(texts) => texts.len(),
            Set::Many(texts) => texts.len(),
            Set::Numbers(numbers) => numbers.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the set holds `needle`. A number equals a string that reads as it, and any other string is 0.
    pub fn contains(&self, needle: Value<'_>) -> bool {
        match (self, needle) {
            (Set::Few(texts), Value::Text(needle)) => texts.iter().any(|text| **text == *needle),
            (Set::Many(texts), Value::Text(needle)) => texts.contains(needle),
            (Set::Few(texts), Value::Number(n)) => texts.iter().any(|t| reads_as(t, n)),
            (Set::Many(texts), Value::Number(n)) => texts.iter().any(|t| reads_as(t, n)),
            (Set::Numbers(numbers), Value::Number(n)) => numbers.contains(&n),
            (_, Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Map(_)) => {
                false
            }
        }
    }
}

fn reads_as(text: &str, number: f64) -> bool {
    number::parse_or_zero(text) == number
}

fn text(literal: &Literal) -> Option<Box<str>> {
    match literal {
        Literal::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn numeric(literal: &Literal) -> Option<f64> {
    match literal {
        Literal::Number(number) => Some(*number),
        _ => None,
    }
}
