//! Runs a program over all contexts at once, and splits them where it must.

mod cases;

use crate::limits;
use crate::rule::tree::Leaf;
use crate::study::ask;
use crate::study::form::Form;
use crate::study::form::Result as Answer;
use crate::study::program::Program;
use crate::study::program::Want;
use crate::study::space::Space;
use crate::study::state::State;
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
            Form::Hidden(hidden) => Ok(cases::guessed(*hidden, state, want)),
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
}
