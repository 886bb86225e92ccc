//! Classifies a concrete attribute value: the representatives that every expression of the rules evaluates like it.

use std::mem::discriminant;

use crate::analysis::model::bitset::BitSet;
use crate::analysis::model::input_domain::AttributeDomain;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::owned_context::OwnedContext;
use crate::analysis::model::program::SymbolicProgram;
use crate::rule::coerce;
use crate::rule::decision_tree;
use crate::rule::decision_tree::Leaf;
use crate::value::OwnedValue;

/// The value of an attribute in a context; null if it is missing.
pub fn attribute_value(attribute: &AttributeDomain, asker: &OwnedContext) -> OwnedValue {
    asker.value_at_path(&attribute.path)
}

/// The results of one expression for the representatives, truthiness and leaf, and its truthiness and leaf for the
/// value.
type ExprResults<'q> = (&'q [Option<bool>], &'q [Leaf], Option<bool>, Leaf);

/// Returns the equivalent representatives of each attribute of a context.
pub fn of_context(
    context: &OwnedContext,
    domain: &InputDomain,
    programs: &[&SymbolicProgram<'_>],
) -> Vec<BitSet> {
    let attributes = domain.attributes.iter().enumerate();
    let of_attribute =
        |(at, attribute)| of_value(at, &attribute_value(attribute, context), domain, programs);
    attributes.map(of_attribute).collect()
}

/// The representatives for which every expression has the result that it has for `value`; only `value` itself if it is
/// a singleton representative.
fn of_value(
    attribute: usize,
    value: &OwnedValue,
    space: &InputDomain,
    programs: &[&SymbolicProgram<'_>],
) -> BitSet {
    let known = space.attributes.get(attribute);
    let candidates = space.representatives_of(attribute);
    let mut like = BitSet::empty(candidates.len());
    let itself = candidates
        .iter()
        .position(|c| c.is_singleton && c.value == *value);
    if let Some(itself) = itself {
        like.insert(itself);
        return like;
    }
    let mut answers: Vec<ExprResults<'_>> = Vec::new();
    for program in programs {
        for atom in program
            .single_attribute_exprs
            .iter()
            .filter(|atom| atom.attribute == attribute)
        {
            let truth = atom
                .compiled
                .evaluate_for_value(value, |v| v.ok().map(coerce::is_truthy));
            let leaf = atom.compiled.evaluate_for_value(value, |v| {
                decision_tree::leaf_for_value(v, &program.variant_names)
            });
            let leaves = atom.leaf_per_representative(space, &program.variant_names);
            answers.push((atom.truth_per_representative(space), leaves, truth, leaf));
        }
    }
    let hashed = known.is_some_and(|attribute| attribute.is_used_for_bucketing);
    for (at, candidate) in candidates
        .iter()
        .enumerate()
        .filter(|(_, c)| !c.is_singleton)
    {
        let fits = answers.iter().all(|(truths, leaves, truth, leaf)| {
            truths.get(at) == Some(truth) && leaves.get(at) == Some(leaf)
        });
        // The hash of a value depends on its type, too.
        let typed = !hashed || discriminant(&candidate.value) == discriminant(value);
        if fits && typed {
            like.insert(at);
        }
    }
    like
}
