//! The cases of what asks the context itself: where a set of contexts is split.

use crate::rule::Fault;
use crate::rule::coerce;
use crate::rule::tree;
use crate::study::bits::Bits;
use crate::study::form::Form;
use crate::study::pool::Candidate;
use crate::study::program::Want;
use crate::study::share;
use crate::study::state::Guess;
use crate::study::state::State;
use crate::study::unit::Lot;
use crate::study::unit::Split;
use crate::study::walk::Case;
use crate::study::walk::Got;
use crate::study::walk::Partial;
use crate::study::walk::TooMany;
use crate::study::walk::Walk;
use crate::value::Literal;

impl Walk<'_, '_> {
    pub(super) fn atom(&self, atom: usize, state: &State, want: Want) -> Vec<Case> {
        let Some(atom) = self.program.atoms.get(atom) else {
            return Vec::new();
        };
        let space = &*self.space;
        let got: Vec<Got> = match want {
            Want::Truth => atom
                .truths(space)
                .iter()
                .map(|t| t.map_or(Got::Fault, Got::Truth))
                .collect(),
            Want::Leaf => {
                let leaves = atom.leaves(space, &self.program.names).iter();
                leaves.map(|leaf| Got::Leaf(*leaf)).collect()
            }
            Want::Value => {
                let values = atom.values(space).iter().cloned();
                values
                    .map(|value| value.map_or(Got::Fault, Got::Value))
                    .collect()
            }
        };
        classes(atom.attribute, &got, state)
    }

    pub(super) fn absent(&self, attribute: usize, state: &State) -> Vec<Case> {
        let candidates = self.space.attributes.get(attribute);
        let candidates = candidates.map_or(&[][..], |a| &a.pool.candidates);
        let null = |c: &Candidate| Got::Truth(c.value == Literal::Null);
        let got: Vec<Got> = candidates.iter().map(null).collect();
        classes(attribute, &got, state)
    }

    pub(super) fn split(
        &mut self,
        split: &Split,
        state: &State,
        want: Want,
    ) -> Result<Vec<Case>, TooMany> {
        let mut cases = Vec::new();
        for (state, lot) in share::lots(split, state, self.space) {
            self.left = self.left.checked_sub(1).ok_or(TooMany)?;
            let got = match lot {
                Lot::Fault => Got::Fault,
                Lot::Share(share) => {
                    if let Some(first) = split.sites {
                        self.mark(first + share, &state);
                    }
                    let literal = split.shares.get(share).unwrap_or(&Literal::Null);
                    self.got(literal, want)
                }
                Lot::Nothing | Lot::Open => self.got(&Literal::Null, want),
            };
            cases.push((state, got));
        }
        Ok(cases)
    }

    pub(super) fn product(
        &mut self,
        partial: Vec<Partial>,
        form: &Form,
    ) -> Result<Vec<Partial>, TooMany> {
        let mut product = Vec::new();
        for (state, values) in partial {
            let Some(values) = values else {
                product.push((state, None));
                continue;
            };
            for (state, got) in self.form(form, &state, Want::Value)? {
                let next = match got {
                    Got::Value(value) => Some(values.iter().cloned().chain([value]).collect()),
                    _ => None,
                };
                product.push((state, next));
            }
        }
        Ok(product)
    }

    pub(super) fn got(&self, literal: &Literal, want: Want) -> Got {
        if want == Want::Value {
            return Got::Value(literal.clone());
        }
        let arena = bumpalo::Bump::new();
        let value = literal.to_value(&arena);
        match want {
            Want::Truth => Got::Truth(coerce::truthy(value)),
            _ => Got::Leaf(tree::leaf(Ok::<_, Fault>(value), &self.program.names)),
        }
    }
}

/// The state, split by what its candidates of one attribute come to.
fn classes(attribute: usize, got: &[Got], state: &State) -> Vec<Case> {
    let Some(set) = state.sets.get(attribute) else {
        return Vec::new();
    };
    let mut classes: Vec<(Bits, &Got)> = Vec::new();
    for at in set.iter() {
        let Some(this) = got.get(at) else { continue };
        let known = classes.iter_mut().find(|(_, other)| *other == this);
        if let Some((bits, _)) = known {
            bits.insert(at);
        } else {
            let mut bits = Bits::none(got.len());
            bits.insert(at);
            classes.push((bits, this));
        }
    }
    let case = |(bits, got): (Bits, &Got)| Some((state.with(attribute, &bits)?, got.clone()));
    classes.into_iter().filter_map(case).collect()
}

/// The state, split by what an expression that can be anything might come to.
pub(super) fn guessed(hidden: usize, state: &State, want: Want) -> Vec<Case> {
    if want != Want::Truth {
        return vec![(state.clone(), Got::Hidden(hidden))];
    }
    let got = |guess: Guess| match guess {
        Guess::True => Got::Truth(true),
        Guess::False => Got::Truth(false),
        _ => Got::Fault,
    };
    match state.guess(hidden) {
        Some(guess) => vec![(state.clone(), got(guess))],
        None => [Guess::True, Guess::False, Guess::Fault]
            .map(|guess| (state.supposing(hidden, guess), got(guess)))
            .into(),
    }
}
