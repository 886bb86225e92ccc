//! Runs a program over all contexts at once, and splits them where it must.

use crate::limits;
use crate::rule::Fault;
use crate::rule::coerce;
use crate::rule::tree;
use crate::rule::tree::Leaf;
use crate::study::ask;
use crate::study::bits::Bits;
use crate::study::form::Form;
use crate::study::form::Result as Answer;
use crate::study::program::Program;
use crate::study::program::Want;
use crate::study::share;
use crate::study::space::Space;
use crate::study::state::Guess;
use crate::study::state::State;
use crate::study::unit::Lot;
use crate::study::unit::Split;
use crate::value::Literal;

/// There are more cases than can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

/// What an expression comes to for all contexts of a state.
#[derive(Debug, Clone, PartialEq)]
pub enum Got {
    /// It counts as true, or as false.
    Truth(bool),
    /// It names this answer.
    Leaf(Leaf),
    /// It is this value.
    Value(Literal),
    /// It faults.
    Fault,
    /// It is whatever an expression is that can be anything, by its index.
    Hidden(usize),
}

/// A state and what an expression comes to in it.
pub type Case = (State, Got);

/// A state and the arguments of an operator so far; none after a fault.
type Partial = (State, Option<Vec<Literal>>);

/// A walk over one program.
#[derive(Debug)]
pub struct Walk<'w, 'd> {
    /// The program.
    pub program: &'w Program<'d>,
    /// What it asks about.
    pub space: &'w mut Space,
    /// For each site the first state that reached it; one without guesses, if there is one.
    pub marks: Vec<Option<State>>,
    /// How many cases may still be told apart.
    left: usize,
}

impl<'w, 'd> Walk<'w, 'd> {
    /// A walk that has not begun.
    pub fn new(program: &'w Program<'d>, space: &'w mut Space) -> Walk<'w, 'd> {
        Walk::bounded(program, space, limits::CASES)
    }

    /// A walk that tells only so many cases apart.
    pub fn bounded(program: &'w Program<'d>, space: &'w mut Space, cases: usize) -> Walk<'w, 'd> {
        Walk {
            marks: vec![None; program.sites.len()],
            program,
            space,
            left: cases,
        }
    }

    /// What the program answers in all contexts of a state: the leaf, or an expression that can be anything.
    ///
    /// # Errors
    /// If there are too many cases.
    pub fn answers(&mut self, state: &State) -> Result<Vec<Case>, TooMany> {
        let program = self.program;
        match &program.root {
            Some(root) => self.answer(root, state, Want::Leaf),
            None => Ok(vec![(state.clone(), Got::Leaf(Leaf::Default))]),
        }
    }

    /// What an expression comes to in all contexts of a state.
    ///
    /// # Errors
    /// If there are too many cases.
    pub fn form(&mut self, form: &Form, state: &State, want: Want) -> Result<Vec<Case>, TooMany> {
        self.left = self.left.checked_sub(1).ok_or(TooMany)?;
        match form {
            Form::Constant(literal) => Ok(vec![(state.clone(), self.got(literal, want))]),
            Form::Fault => Ok(vec![(state.clone(), Got::Fault)]),
            Form::If(clauses, last) => {
                let mut cases = Vec::new();
                let mut open = vec![state.clone()];
                for clause in clauses {
                    let mut next = Vec::new();
                    for (state, truth) in self.over(&clause.condition, &open, Want::Truth)? {
                        match truth {
                            Got::Truth(true) => {
                                cases.extend(self.answer(&clause.then, &state, want)?);
                            }
                            Got::Truth(false) => next.push(state),
                            _ => cases.push((state, Got::Fault)),
                        }
                    }
                    open = next;
                }
                for state in open {
                    cases.extend(self.answer(last, &state, want)?);
                }
                Ok(cases)
            }
            Form::And(forms) => self.until(forms, state, want, false),
            Form::Or(forms) => self.until(forms, state, want, true),
            Form::Not(inner, plain) => {
                let cases = self.form(inner, state, Want::Truth)?;
                let turn = |(state, got): Case| match got {
                    Got::Truth(truth) => {
                        let literal = Literal::Bool(truth == *plain);
                        let got = self.got(&literal, want);
                        (state, got)
                    }
                    other => (state, other),
                };
                Ok(cases.into_iter().map(turn).collect())
            }
            Form::Atom(atom) => Ok(self.atom(*atom, state, want)),
            Form::Absent(attribute) => Ok(self.absent(*attribute, state)),
            Form::Split(split) => self.split(split, state, want),
            Form::Apply(operator, forms) => {
                let mut partial = vec![(state.clone(), Some(Vec::new()))];
                for form in forms {
                    partial = self.product(partial, form)?;
                }
                let apply = |(state, values): Partial| {
                    let value = values.and_then(|values| ask::apply(*operator, values));
                    let got = value.map_or(Got::Fault, |value| self.got(&value, want));
                    (state, got)
                };
                Ok(partial.into_iter().map(apply).collect())
            }
            Form::Hidden(hidden) => Ok(guessed(*hidden, state, want)),
        }
    }

    fn answer(&mut self, answer: &Answer, state: &State, want: Want) -> Result<Vec<Case>, TooMany> {
        if let Some(site) = answer.site {
            self.mark(site, state);
        }
        self.form(&answer.form, state, want)
    }

    fn mark(&mut self, site: usize, state: &State) {
        if let Some(mark) = self.marks.get_mut(site) {
            let better = |old: &State| !old.guesses.is_empty() && state.guesses.is_empty();
            if mark.as_ref().is_none_or(better) {
                *mark = Some(state.clone());
            }
        }
    }

    fn over(&mut self, form: &Form, states: &[State], want: Want) -> Result<Vec<Case>, TooMany> {
        let mut cases = Vec::new();
        for state in states {
            cases.extend(self.form(form, state, want)?);
        }
        Ok(cases)
    }

    /// `and` and `or`: the first that counts as `stop`, or the last one.
    fn until(
        &mut self,
        forms: &[Form],
        state: &State,
        want: Want,
        stop: bool,
    ) -> Result<Vec<Case>, TooMany> {
        let Some((last, before)) = forms.split_last() else {
            return Ok(vec![(state.clone(), self.got(&Literal::Null, want))]);
        };
        let mut cases = Vec::new();
        let mut open = vec![state.clone()];
        for form in before {
            let mut next = Vec::new();
            for (state, truth) in self.over(form, &open, Want::Truth)? {
                match truth {
                    Got::Truth(truth) if truth != stop => next.push(state),
                    truth if want == Want::Truth => cases.push((state, truth)),
                    Got::Truth(_) => cases.extend(self.form(form, &state, want)?),
                    _ => cases.push((state, Got::Fault)),
                }
            }
            open = next;
        }
        cases.extend(self.over(last, &open, want)?);
        Ok(cases)
    }

    fn atom(&self, atom: usize, state: &State, want: Want) -> Vec<Case> {
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

    fn absent(&self, attribute: usize, state: &State) -> Vec<Case> {
        let candidates = self.space.attributes.get(attribute);
        let candidates = candidates.map_or(&[][..], |a| &a.pool.candidates);
        let null = |c: &crate::study::pool::Candidate| Got::Truth(c.value == Literal::Null);
        let got: Vec<Got> = candidates.iter().map(null).collect();
        classes(attribute, &got, state)
    }

    fn split(&mut self, split: &Split, state: &State, want: Want) -> Result<Vec<Case>, TooMany> {
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

    fn product(&mut self, partial: Vec<Partial>, form: &Form) -> Result<Vec<Partial>, TooMany> {
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

    fn got(&self, literal: &Literal, want: Want) -> Got {
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
fn guessed(hidden: usize, state: &State, want: Want) -> Vec<Case> {
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
