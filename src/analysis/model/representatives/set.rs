//! The set of representative values of one attribute, and whether it is complete.

use std::collections::HashSet;

use crate::limits;
use crate::value::OwnedValue;

/// A representative value.
#[derive(Debug, Clone, PartialEq)]
pub struct Representative {
    /// The value.
    pub value: OwnedValue,
    /// True if it represents only itself; otherwise it represents all values of its type with equal comparison
    /// results.
    pub is_singleton: bool,
}

/// The representative values of an attribute, the simplest ones first.
#[derive(Debug, Default)]
pub struct Representatives {
    /// The values; null is the first.
    pub values: Vec<Representative>,
    /// The reason why some equivalence classes may have no value here.
    pub incomplete_reason: Option<&'static str>,
}

impl Representatives {
    /// Adds a value.
    pub fn add(&mut self, value: OwnedValue, alone: bool) {
        self.values.push(Representative {
            value,
            is_singleton: alone,
        });
    }

    /// Records why the set is incomplete; keeps the first reason.
    pub fn mark_incomplete(&mut self, gap: &'static str) {
        self.incomplete_reason.get_or_insert(gap);
    }
}

/// Removes duplicates. A value that was added as a singleton stays one.
pub fn deduplicate(mut pool: Representatives) -> Representatives {
    let key = |literal: &OwnedValue| format!("{literal:?}");
    let mut seen = HashSet::new();
    let alone: HashSet<String> = {
        let alone = pool.values.iter().filter(|c| c.is_singleton);
        alone.map(|c| key(&c.value)).collect()
    };
    pool.values.retain(|candidate| {
        let spelled = key(&candidate.value);
        (candidate.is_singleton || !alone.contains(&spelled)) && seen.insert(spelled)
    });
    if pool.values.len() > limits::CANDIDATE_VALUES {
        pool.values.truncate(limits::CANDIDATE_VALUES);
        pool.mark_incomplete("compared with too many values");
    }
    pool
}
