//! `ConstantSet`: the constants of an `in` whose list is known when the flag loads.

mod fast_hasher;
mod sorted_strings;

use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use ecow::EcoString;

use crate::number;
use crate::rule::error::EvalError;
use crate::rule::operator::in_set::fast_hasher::FastHasher;
use crate::rule::operator::in_set::sorted_strings::SortedStrings;
use crate::rule::scope::Scope;
use crate::value::OwnedValue;
use crate::value::Value;

/// Constants of one type. Lists that mix types or hold ranges are evaluated by the general operator.
#[derive(Debug, Clone)]
pub enum ConstantSet {
    /// A few strings, compared one by one.
    Linear(Box<[EcoString]>),
    /// More strings.
    Sorted(SortedStrings),
    /// Many strings.
    Hashed(HashSet<EcoString, BuildHasherDefault<FastHasher>>),
    /// Numbers.
    Numbers(Box<[f64]>),
}

// Up to this many strings, comparing lengths and bytes is the fastest search.
const LINEAR_MAX: usize = 8;
// Up to this many strings, binary search is as fast as hashing and takes a quarter of the memory.
const SORTED_MAX: usize = 64;

impl ConstantSet {
    /// The set of a constant list, if its items are of one type.
    pub fn from_literals(items: &[OwnedValue]) -> Option<ConstantSet> {
        let texts: Option<Vec<&str>> = items.iter().map(as_text).collect();
        if let Some(texts) = texts {
            let owned = texts.iter().map(|text| (*text).into());
            return Some(match texts.len() {
                0..=LINEAR_MAX => ConstantSet::Linear(owned.collect()),
                _ if texts.len() <= SORTED_MAX => {
                    ConstantSet::Sorted(SortedStrings::from_texts(texts))
                }
                _ => ConstantSet::Hashed(owned.collect()),
            });
        }
        let numbers: Option<Box<[f64]>> = items.iter().map(as_number).collect();
        numbers.map(ConstantSet::Numbers)
    }

    /// The number of constants.
    pub fn len(&self) -> usize {
        match self {
            ConstantSet::Linear(texts) => texts.len(),
            ConstantSet::Sorted(texts) => texts.len(),
            ConstantSet::Hashed(texts) => texts.len(),
            ConstantSet::Numbers(numbers) => numbers.len(),
        }
    }

    /// Returns true if there are no constants.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Charges the search for a text if it is hashed. A comparison with a constant ends where the constant ends, so
    /// that the size of the rule bounds it.
    ///
    /// # Errors
    /// If the evaluation's step budget is exhausted.
    #[inline]
    pub fn spend_for_text_search(
        &self,
        needle: &str,
        scope: &Scope<'_, '_>,
    ) -> Result<(), EvalError> {
        match self {
            ConstantSet::Hashed(_) => scope.spend_for_scan(needle.len()),
            ConstantSet::Linear(_) | ConstantSet::Sorted(_) | ConstantSet::Numbers(_) => Ok(()),
        }
    }

    /// Charges the search for `needle`: a number is compared with every constant, a text is hashed or compared.
    ///
    /// # Errors
    /// If the evaluation's step budget is exhausted.
    pub fn spend_for_search(
        &self,
        needle: Value<'_>,
        scope: &Scope<'_, '_>,
    ) -> Result<(), EvalError> {
        match (self, needle) {
            (_, Value::Text(text)) => self.spend_for_text_search(text, scope),
            (ConstantSet::Numbers(numbers), _) => scope.spend_steps(numbers.len() / 8),
            (_, Value::Number(_)) => scope.spend_steps(self.len().saturating_mul(4)),
            (_, Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_)) => Ok(()),
        }
    }

    /// Returns true if the set holds a text.
    pub fn contains_text(&self, needle: &str) -> bool {
        match self {
            ConstantSet::Linear(texts) => texts.iter().any(|text| **text == *needle),
            ConstantSet::Sorted(texts) => texts.contains(needle.as_bytes()),
            ConstantSet::Hashed(texts) => texts.contains(needle),
            ConstantSet::Numbers(_) => false,
        }
    }

    /// Returns true if the set holds `needle`. A number equals a string that parses to it; a string that is not a
    /// number parses to 0.
    pub fn contains(&self, needle: Value<'_>) -> bool {
        match (self, needle) {
            (_, Value::Text(needle)) => self.contains_text(needle),
            (ConstantSet::Linear(texts), Value::Number(n)) => texts.iter().any(|t| parses_to(t, n)),
            (ConstantSet::Sorted(texts), Value::Number(n)) => texts.iter().any(|t| parses_to(t, n)),
            (ConstantSet::Hashed(texts), Value::Number(n)) => texts.iter().any(|t| parses_to(t, n)),
            (ConstantSet::Numbers(numbers), Value::Number(n)) => numbers.contains(&n),
            (_, Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_)) => false,
        }
    }
}

fn parses_to(text: &str, number: f64) -> bool {
    number::parse_or_zero(text) == number
}

fn as_text(literal: &OwnedValue) -> Option<&str> {
    match literal {
        OwnedValue::Text(text) => Some(text),
        _ => None,
    }
}

fn as_number(literal: &OwnedValue) -> Option<f64> {
    match literal {
        OwnedValue::Number(number) => Some(*number),
        _ => None,
    }
}
