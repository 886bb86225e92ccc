//! One value for each way in which the questions that are asked of an attribute can be answered.

mod list;
mod number;
mod string;
mod version;

use std::collections::HashSet;

use crate::analysis::model::comparisons::Comparisons;
use crate::limits;
use crate::value::OwnedValue;

/// One of the values that stand for all.
#[derive(Debug, Clone, PartialEq)]
pub struct Representative {
    /// The value.
    pub value: OwnedValue,
    /// Whether it stands for itself alone; otherwise for all values of its type with the same answers.
    pub is_singleton: bool,
}

/// The values that stand for all values of an attribute, the plain ones first.
#[derive(Debug, Default)]
pub struct Representatives {
    /// The values; null is the first.
    pub values: Vec<Representative>,
    /// Why some ways to answer may have no value here.
    pub incomplete_reason: Option<&'static str>,
}

impl Representatives {
    fn add(&mut self, value: OwnedValue, alone: bool) {
        self.values.push(Representative {
            value,
            is_singleton: alone,
        });
    }

    fn mark_incomplete(&mut self, gap: &'static str) {
        self.incomplete_reason.get_or_insert(gap);
    }
}

/// The pool of an attribute that is asked `uses`. With `hashed`, units are bucketed by it.
pub fn for_attribute(uses: &Comparisons, hashed: bool) -> Representatives {
    let mut pool = Representatives::default();
    pool.add(OwnedValue::Null, true);
    string::add_named_strings(uses, &mut pool);
    string::add_unnamed_strings(uses, &mut pool);
    number::add_numbers(uses, &mut pool);
    version::add_versions(uses, &mut pool);
    pool.add(OwnedValue::Bool(true), true);
    pool.add(OwnedValue::Bool(false), true);
    pool.add(OwnedValue::Text("".into()), true);
    if !hashed {
        list::add_lists(uses, &mut pool);
    }
    pool.add(OwnedValue::Map(Box::default()), true);
    let member = ("member".into(), OwnedValue::Bool(true));
    pool.add(OwnedValue::Map([member].into()), false);
    deduplicate(pool)
}

/// The pool of the time: whole seconds.
pub fn for_timestamp(uses: &Comparisons) -> Representatives {
    let mut pool = Representatives::default();
    number::add_timestamps(uses, &mut pool);
    if !uses.versions.is_empty() {
        pool.mark_incomplete("the time is read as a version");
    }
    deduplicate(pool)
}

/// Without repetitions. A value that was added as standing for itself alone stays so.
fn deduplicate(mut pool: Representatives) -> Representatives {
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
        pool.mark_incomplete("it is compared with too many values");
    }
    pool
}
