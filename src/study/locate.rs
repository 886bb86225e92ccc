//! Which candidates stand for a value that somebody really has.

use std::mem::discriminant;

use crate::rule::coerce;
use crate::rule::tree;
use crate::rule::tree::Leaf;
use crate::study::ask::Asker;
use crate::study::bits::Bits;
use crate::study::diff::cell::Cell;
use crate::study::program::Program;
use crate::study::space::Attribute;
use crate::study::space::Space;
use crate::value::Literal;

/// The value of an attribute in a context; null if it has none.
pub fn value(attribute: &Attribute, asker: &Asker) -> Literal {
    asker.at(&attribute.name)
}

/// What the candidates answer to one question, and what the value does: whether it counts as true, and which answer it
/// names.
type Answered<'q> = (&'q [Option<bool>], &'q [Leaf], Option<bool>, Leaf);

/// The candidates that answer every question as `value` does; itself, if it is one that stands for itself alone.
pub fn like(attribute: usize, value: &Literal, space: &Space, programs: &[&Program<'_>]) -> Bits {
    let known = space.attributes.get(attribute);
    let candidates = known.map_or(&[][..], |attribute| &attribute.pool.candidates);
    let mut like = Bits::none(candidates.len());
    let itself = candidates.iter().position(|c| c.alone && c.value == *value);
    if let Some(itself) = itself {
        like.insert(itself);
        return like;
    }
    let mut answers: Vec<Answered<'_>> = Vec::new();
    for program in programs {
        for atom in program
            .atoms
            .iter()
            .filter(|atom| atom.attribute == attribute)
        {
            let truth = atom.question.put(value, |v| v.ok().map(coerce::truthy));
            let leaf = atom.question.put(value, |v| tree::leaf(v, &program.names));
            let leaves = atom.leaves(space, &program.names);
            answers.push((atom.truths(space), leaves, truth, leaf));
        }
    }
    let hashed = known.is_some_and(|attribute| attribute.hashed);
    for (at, candidate) in candidates.iter().enumerate().filter(|(_, c)| !c.alone) {
        let fits = answers.iter().all(|(truths, leaves, truth, leaf)| {
            truths.get(at) == Some(truth) && leaves.get(at) == Some(leaf)
        });
        // What is hashed of a value depends on its type, too.
        let typed = !hashed || discriminant(&candidate.value) == discriminant(value);
        if fits && typed {
            like.insert(at);
        }
    }
    like
}

/// The cell that a context is in.
pub fn cell(
    asker: &Asker,
    cells: &[Cell],
    space: &Space,
    programs: &[&Program<'_>],
) -> Option<usize> {
    let likes: Vec<Bits> = space
        .attributes
        .iter()
        .enumerate()
        .map(|(at, attribute)| like(at, &value(attribute, asker), space, programs))
        .collect();
    cells.iter().position(|cell| {
        let mut sets = cell.sets.iter().zip(&likes);
        sets.all(|(set, like)| !set.and(like).is_empty())
    })
}
