//! One value for each way in which the questions that are asked of an attribute can be answered.

mod list;
mod number;
mod text;
mod version;

use std::collections::HashSet;

use crate::limits;
use crate::study::uses::Uses;
use crate::value::Literal;

/// One of the values that stand for all.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The value.
    pub value: Literal,
    /// Whether it stands for itself alone; otherwise for all values of its type with the same answers.
    pub alone: bool,
}

/// The values that stand for all values of an attribute, the plain ones first.
#[derive(Debug, Default)]
pub struct Pool {
    /// The values; null is the first.
    pub candidates: Vec<Candidate>,
    /// Why some ways to answer may have no value here.
    pub gap: Option<&'static str>,
}

impl Pool {
    fn add(&mut self, value: Literal, alone: bool) {
        self.candidates.push(Candidate { value, alone });
    }

    fn note(&mut self, gap: &'static str) {
        self.gap.get_or_insert(gap);
    }
}

/// The pool of an attribute that is asked `uses`. With `hashed`, units are bucketed by it.
pub fn pool(uses: &Uses, hashed: bool) -> Pool {
    let mut pool = Pool::default();
    pool.add(Literal::Null, true);
    text::exact(uses, &mut pool);
    text::generic(uses, &mut pool);
    number::generic(uses, &mut pool);
    version::generic(uses, &mut pool);
    pool.add(Literal::Bool(true), true);
    pool.add(Literal::Bool(false), true);
    pool.add(Literal::Text("".into()), true);
    if !hashed {
        list::generic(uses, &mut pool);
    }
    pool.add(Literal::Map(Box::default()), true);
    let member = ("member".into(), Literal::Bool(true));
    pool.add(Literal::Map([member].into()), false);
    finish(pool)
}

/// The pool of the time: whole seconds.
pub fn clock(uses: &Uses) -> Pool {
    let mut pool = Pool::default();
    number::seconds(uses, &mut pool);
    if !uses.versions.is_empty() {
        pool.note("the time is read as a version");
    }
    finish(pool)
}

/// Without repetitions. A value that was added as standing for itself alone stays so.
fn finish(mut pool: Pool) -> Pool {
    let key = |literal: &Literal| format!("{literal:?}");
    let mut seen = HashSet::new();
    let alone: HashSet<String> = {
        let alone = pool.candidates.iter().filter(|c| c.alone);
        alone.map(|c| key(&c.value)).collect()
    };
    pool.candidates.retain(|candidate| {
        let spelled = key(&candidate.value);
        (candidate.alone || !alone.contains(&spelled)) && seen.insert(spelled)
    });
    if pool.candidates.len() > limits::CANDIDATES {
        pool.candidates.truncate(limits::CANDIDATES);
        pool.note("it is compared with too many values");
    }
    pool
}
