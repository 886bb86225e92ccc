//! Runs a program over all contexts at once, and splits them where it must.

mod case_split;

use crate::analysis::model::concrete_eval;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::program::ResultKind;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::model::symbolic_expr::BranchResult as Answer;
use crate::analysis::model::symbolic_expr::SymbolicExpr;
use crate::limits;
use crate::rule::decision_tree::Leaf;
use crate::value::OwnedValue;

/// There are more cases than can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyCases;

/// What an expression comes to for all contexts of a state.
#[derive(Debug, Clone, PartialEq)]
pub enum AbstractValue {
    /// It counts as true, or as false.
    Truthiness(bool),
    /// It names this answer.
    Leaf(Leaf),
    /// It is this value.
    Constant(OwnedValue),
    /// It faults.
    Fault,
    /// It is whatever an expression is that can be anything, by its index.
    Opaque(usize),
}

/// A state and what an expression comes to in it.
pub type ExecutionCase = (ContextSet, AbstractValue);

/// A state and the arguments of an operator so far; none after a fault.
type PartialArgs = (ContextSet, Option<Vec<OwnedValue>>);

/// A walk over one program.
#[derive(Debug)]
pub struct SymbolicExecution<'w, 'd> {
    /// The program.
    pub program: &'w SymbolicProgram<'d>,
    /// What it asks about.
    pub domain: &'w mut InputDomain,
    /// For each site the first state that reached it; one without guesses, if there is one.
    pub reaching_contexts: Vec<Option<ContextSet>>,
    /// How many cases may still be told apart.
    remaining_cases: usize,
}

impl<'w, 'd> SymbolicExecution<'w, 'd> {
    /// A walk that has not begun.
    pub fn new(
        program: &'w SymbolicProgram<'d>,
        space: &'w mut InputDomain,
    ) -> SymbolicExecution<'w, 'd> {
        SymbolicExecution::with_max_cases(program, space, limits::ANALYSIS_CASES)
    }

    /// A walk that tells only so many cases apart.
    pub fn with_max_cases(
        program: &'w SymbolicProgram<'d>,
        space: &'w mut InputDomain,
        cases: usize,
    ) -> SymbolicExecution<'w, 'd> {
        SymbolicExecution {
            reaching_contexts: vec![None; program.branches.len()],
            program,
            domain: space,
            remaining_cases: cases,
        }
    }

    /// What the program answers in all contexts of a state: the leaf, or an expression that can be anything.
    ///
    /// # Errors
    /// If there are too many cases.
    pub fn execute_rule(&mut self, state: &ContextSet) -> Result<Vec<ExecutionCase>, TooManyCases> {
        let program = self.program;
        match &program.root {
            Some(root) => self.execute_branch(root, state, ResultKind::Leaf),
            None => Ok(vec![(state.clone(), AbstractValue::Leaf(Leaf::Default))]),
        }
    }

    /// What an expression comes to in all contexts of a state.
    ///
    /// # Errors
    /// If there are too many cases.
    pub fn execute(
        &mut self,
        form: &SymbolicExpr,
        state: &ContextSet,
        want: ResultKind,
    ) -> Result<Vec<ExecutionCase>, TooManyCases> {
        self.remaining_cases = self.remaining_cases.checked_sub(1).ok_or(TooManyCases)?;
        match form {
            SymbolicExpr::Constant(literal) => {
                Ok(vec![(state.clone(), self.abstract_constant(literal, want))])
            }
            SymbolicExpr::Fault => Ok(vec![(state.clone(), AbstractValue::Fault)]),
            SymbolicExpr::If(clauses, last) => {
                let mut cases = Vec::new();
                let mut open = vec![state.clone()];
                for clause in clauses {
                    let mut next = Vec::new();
                    for (state, truth) in
                        self.execute_all(&clause.condition, &open, ResultKind::Truthiness)?
                    {
                        match truth {
                            AbstractValue::Truthiness(true) => {
                                cases.extend(self.execute_branch(&clause.then, &state, want)?);
                            }
                            AbstractValue::Truthiness(false) => next.push(state),
                            _ => cases.push((state, AbstractValue::Fault)),
                        }
                    }
                    open = next;
                }
                for state in open {
                    cases.extend(self.execute_branch(last, &state, want)?);
                }
                Ok(cases)
            }
            SymbolicExpr::And(forms) => self.short_circuit(forms, state, want, false),
            SymbolicExpr::Or(forms) => self.short_circuit(forms, state, want, true),
            SymbolicExpr::Not(inner, plain) => {
                let cases = self.execute(inner, state, ResultKind::Truthiness)?;
                let turn = |(state, got): ExecutionCase| match got {
                    AbstractValue::Truthiness(truth) => {
                        let literal = OwnedValue::Bool(truth == *plain);
                        let got = self.abstract_constant(&literal, want);
                        (state, got)
                    }
                    other => (state, other),
                };
                Ok(cases.into_iter().map(turn).collect())
            }
            SymbolicExpr::SingleAttribute(atom) => {
                Ok(self.split_by_expr_result(*atom, state, want))
            }
            SymbolicExpr::IsAbsent(attribute) => Ok(self.split_by_presence(*attribute, state)),
            SymbolicExpr::Fractional(split) => self.split_by_fractional(split, state, want),
            SymbolicExpr::PureOperator(operator, forms) => {
                let mut partial = vec![(state.clone(), Some(Vec::new()))];
                for form in forms {
                    partial = self.extend_arguments(partial, form)?;
                }
                let apply = |(state, values): PartialArgs| {
                    let value = values
                        .and_then(|values| concrete_eval::apply_to_constants(*operator, values));
                    let got = value.map_or(AbstractValue::Fault, |value| {
                        self.abstract_constant(&value, want)
                    });
                    (state, got)
                };
                Ok(partial.into_iter().map(apply).collect())
            }
            SymbolicExpr::Opaque(hidden) => {
                Ok(case_split::split_by_assumption(*hidden, state, want))
            }
        }
    }

    fn execute_branch(
        &mut self,
        answer: &Answer,
        state: &ContextSet,
        want: ResultKind,
    ) -> Result<Vec<ExecutionCase>, TooManyCases> {
        if let Some(site) = answer.branch {
            self.record_reached(site, state);
        }
        self.execute(&answer.expr, state, want)
    }

    fn record_reached(&mut self, site: usize, state: &ContextSet) {
        if let Some(mark) = self.reaching_contexts.get_mut(site) {
            let better =
                |old: &ContextSet| !old.assumptions.is_empty() && state.assumptions.is_empty();
            if mark.as_ref().is_none_or(better) {
                *mark = Some(state.clone());
            }
        }
    }

    fn execute_all(
        &mut self,
        form: &SymbolicExpr,
        states: &[ContextSet],
        want: ResultKind,
    ) -> Result<Vec<ExecutionCase>, TooManyCases> {
        let mut cases = Vec::new();
        for state in states {
            cases.extend(self.execute(form, state, want)?);
        }
        Ok(cases)
    }

    /// `and` and `or`: the first that counts as `stop`, or the last one.
    fn short_circuit(
        &mut self,
        forms: &[SymbolicExpr],
        state: &ContextSet,
        want: ResultKind,
        stop: bool,
    ) -> Result<Vec<ExecutionCase>, TooManyCases> {
        let Some((last, before)) = forms.split_last() else {
            return Ok(vec![(
                state.clone(),
                self.abstract_constant(&OwnedValue::Null, want),
            )]);
        };
        let mut cases = Vec::new();
        let mut open = vec![state.clone()];
        for form in before {
            let mut next = Vec::new();
            for (state, truth) in self.execute_all(form, &open, ResultKind::Truthiness)? {
                match truth {
                    AbstractValue::Truthiness(truth) if truth != stop => next.push(state),
                    truth if want == ResultKind::Truthiness => cases.push((state, truth)),
                    AbstractValue::Truthiness(_) => cases.extend(self.execute(form, &state, want)?),
                    _ => cases.push((state, AbstractValue::Fault)),
                }
            }
            open = next;
        }
        cases.extend(self.execute_all(last, &open, want)?);
        Ok(cases)
    }
}
