//! The result of a diff: cells of contexts whose outcomes change, their conditions and their transitions.

use ecow::EcoString;

use crate::analysis::engine::equivalent_representatives;
use crate::analysis::format;
use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::owned_context::OwnedContext;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::outcome::Outcome;

/// A case in which the outcomes differ.
#[derive(Debug)]
pub struct ChangedCase {
    /// The contexts.
    pub contexts: ContextSet,
    /// The old outcome.
    pub from: Outcome,
    /// The new outcome.
    pub to: Outcome,
    /// The fraction of the units with these attributes.
    pub fraction_of_units: Option<f64>,
}

impl ChangedCase {
    /// Returns true if the outcomes and the fraction of units are known.
    pub fn is_known(&self) -> bool {
        let hidden = |outcome: &Outcome| matches!(outcome, Outcome::Opaque(_));
        self.contexts.assumptions.is_empty()
            && self.fraction_of_units.is_some()
            && !hidden(&self.from)
            && !hidden(&self.to)
    }
}

/// Contexts whose attributes both rules treat alike.
#[derive(Debug)]
pub struct ChangedCell {
    /// The conditions on their attributes; empty for all contexts.
    pub conditions: Vec<AttributeCondition>,
    /// The bucketing attributes that every context of the cell has, and that `conditions` does not name.
    pub unit_attributes: Vec<EcoString>,
    /// The transitions of their outcomes. Units without a transition keep theirs.
    pub transitions: Vec<Transition>,
    /// The representatives of each attribute that are in the cell.
    pub attribute_sets: Vec<BitSet>,
}

/// A condition on one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeCondition {
    /// The attribute's path.
    pub path: EcoString,
    /// The condition as text.
    pub text: String,
}

/// A change of outcome of some units of a cell.
#[derive(Debug)]
pub struct Transition {
    /// The old outcome.
    pub from: Outcome,
    /// The new outcome.
    pub to: Outcome,
    /// The fraction of the cell's units, above 0 and up to 1.
    pub fraction_of_units: f64,
    /// The restricted hash intervals of each case of the transition.
    pub hash_intervals: Vec<Vec<HashInterval>>,
    /// Example contexts, evaluated on both sides.
    pub examples: Vec<OwnedContext>,
}

impl Transition {
    /// Both outcomes as text; with their values if the names are equal.
    pub fn format_outcomes(&self) -> String {
        match (&self.from, &self.to) {
            (Outcome::Variant(from, before), Outcome::Variant(to, after)) if from == to => {
                let (before, after) = (format::format_value(before), format::format_value(after));
                format!("{from} {before}→{after}")
            }
            (from, to) => format!("{}→{}", from.name(), to.name()),
        }
    }
}

/// Hashes of one bucketing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashInterval {
    /// The key as text, for instance `"checkout" + targetingKey`.
    pub key: String,
    /// The first hash.
    pub from: u64,
    /// The hash after the last one.
    pub to: u64,
}

/// The cell that a context is in.
pub fn find_cell(
    asker: &OwnedContext,
    cells: &[ChangedCell],
    space: &InputDomain,
    programs: &[&SymbolicProgram<'_>],
) -> Option<usize> {
    let likes = equivalent_representatives::of_context(asker, space, programs);
    cells.iter().position(|cell| {
        let mut sets = cell.attribute_sets.iter().zip(&likes);
        sets.all(|(set, like)| !set.intersection(like).is_empty())
    })
}
