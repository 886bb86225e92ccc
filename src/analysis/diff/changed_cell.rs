//! The cells of a change: who, and what becomes of them.

use ecow::EcoString;

use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::concrete_eval::OwnedContext;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::outcome::Outcome;

/// A case with two answers.
#[derive(Debug)]
pub struct ChangedCase {
    /// The contexts.
    pub contexts: ContextSet,
    /// The old answer.
    pub from: Outcome,
    /// The new answer.
    pub to: Outcome,
    /// The part of the units that have the attributes.
    pub fraction_of_units: Option<f64>,
}

impl ChangedCase {
    /// Whether it is certain, and how many it are.
    pub fn is_known(&self) -> bool {
        let hidden = |outcome: &Outcome| matches!(outcome, Outcome::Opaque(_));
        self.contexts.assumptions.is_empty()
            && self.fraction_of_units.is_some()
            && !hidden(&self.from)
            && !hidden(&self.to)
    }
}

/// Contexts with the same attributes as far as both rules can tell.
#[derive(Debug)]
pub struct ChangedCell {
    /// What is special about their attributes; empty for everyone.
    pub conditions: Vec<AttributeCondition>,
    /// What becomes of them. What is not named here stays as it was.
    pub transitions: Vec<Transition>,
    /// For each attribute of the comparison the candidates that are in the cell.
    pub attribute_sets: Vec<BitSet>,
}

/// A condition on one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeCondition {
    /// The attribute's path.
    pub path: EcoString,
    /// The condition in words.
    pub text: String,
}

/// What becomes of some units of a cell.
#[derive(Debug)]
pub struct Transition {
    /// The old answer.
    pub from: Outcome,
    /// The new answer.
    pub to: Outcome,
    /// The part of the cell's units, above 0 and up to 1.
    pub fraction_of_units: f64,
    /// Their hashes: for each piece the bucketing keys and intervals that are not free.
    pub hash_intervals: Vec<Vec<HashInterval>>,
    /// Contexts that were really evaluated on both sides.
    pub examples: Vec<OwnedContext>,
}

/// Hashes of one bucketing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashInterval {
    /// The key in words, for instance `"checkout" + targetingKey`.
    pub key: String,
    /// The first hash.
    pub from: u64,
    /// The hash behind the last one.
    pub to: u64,
}
