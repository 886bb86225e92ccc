//! Symbolic execution of a program over a set of contexts, which is split where results differ.
//!
//! `execute` recurses over the expression tree.

mod case_split;
mod control_flow;

use crate::analysis::engine::abstract_value::AbstractValue;
use crate::analysis::engine::abstract_value::ExecutionCase;
use crate::analysis::engine::abstract_value::TooManyCases;
use crate::analysis::engine::fractional_split;
use crate::analysis::model::bucketing::ShareOutcome;
use crate::analysis::model::bucketing::SymbolicBucketBy;
use crate::analysis::model::bucketing::SymbolicFractional;
use crate::analysis::model::bucketing::key_part;
use crate::analysis::model::compiled_expr;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::program::ResultKind;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::model::symbolic_expr::SymbolicExpr;
use crate::diag::Position;
use crate::limits;
use crate::rule::decision_tree::Leaf;
use crate::rule::operator::Operator;
use crate::value::OwnedValue;

/// The maximum number of sets of contexts without a bucketing attribute.
const MAX_KEYLESS_CONTEXTS: usize = 64;

/// A set of contexts and the arguments of an operator so far; `None` after an error.
type PartialArgs = (ContextSet, Option<Vec<OwnedValue>>);

/// The symbolic execution of one program.
#[derive(Debug)]
pub struct SymbolicExecution<'w, 'd> {
    /// The program.
    pub program: &'w SymbolicProgram<'d>,
    /// The input domain of the program.
    pub domain: &'w mut InputDomain,
    /// For each branch the first set of contexts that reached it, without assumptions if possible.
    pub reaching_contexts: Vec<Option<ContextSet>>,
    /// Contexts that reach a `fractional` whose bucketing key contains one attribute, and that lack this attribute; with
    /// the position of the bucketing key.
    pub keyless_contexts: Vec<(Position, ContextSet)>,
    /// The number of cases that are left of the limit.
    remaining_cases: usize,
}

impl<'w, 'd> SymbolicExecution<'w, 'd> {
    /// An execution with the default limit of cases.
    pub fn new(
        program: &'w SymbolicProgram<'d>,
        space: &'w mut InputDomain,
    ) -> SymbolicExecution<'w, 'd> {
        SymbolicExecution::with_max_cases(program, space, limits::ANALYSIS_CASES)
    }

    /// An execution with a limit of cases.
    pub fn with_max_cases(
        program: &'w SymbolicProgram<'d>,
        space: &'w mut InputDomain,
        cases: usize,
    ) -> SymbolicExecution<'w, 'd> {
        SymbolicExecution {
            reaching_contexts: vec![None; program.branches.len()],
            keyless_contexts: Vec::new(),
            program,
            domain: space,
            remaining_cases: cases,
        }
    }

    /// Executes the rule over a set of contexts: the result of each case is a leaf or an opaque expression.
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

    /// Executes an expression over a set of contexts.
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
                Ok(vec![(state.clone(), self.constant(literal, want))])
            }
            SymbolicExpr::Fault => Ok(vec![(state.clone(), AbstractValue::Fault)]),
            SymbolicExpr::If(clauses, last) => self.execute_if(clauses, last, state, want),
            SymbolicExpr::And(forms) => self.short_circuit(forms, state, want, false),
            SymbolicExpr::Or(forms) => self.short_circuit(forms, state, want, true),
            SymbolicExpr::Not(inner, plain) => {
                let cases = self.execute(inner, state, ResultKind::Truthiness)?;
                let turn = |(state, got): ExecutionCase| match got {
                    AbstractValue::Truthiness(truth) => {
                        let literal = OwnedValue::Bool(truth == *plain);
                        let got = self.constant(&literal, want);
                        (state, got)
                    }
                    other => (state, other),
                };
                Ok(cases.into_iter().map(turn).collect())
            }
            SymbolicExpr::SingleAttribute(atom) => Ok(case_split::split_by_expr_result(
                self.program,
                *atom,
                self.domain,
                state,
                want,
            )),
            SymbolicExpr::IsAbsent(attribute) => Ok(case_split::split_by_presence(
                *attribute,
                self.domain,
                state,
            )),
            SymbolicExpr::Fractional(split) => self.split_by_fractional(split, state, want),
            SymbolicExpr::PureOperator(operator, forms) => {
                self.execute_pure_operator(*operator, forms, state, want)
            }
            SymbolicExpr::Opaque(hidden) => {
                Ok(case_split::split_by_assumption(*hidden, state, want))
            }
        }
    }

    fn execute_pure_operator(
        &mut self,
        operator: Operator,
        forms: &[SymbolicExpr],
        state: &ContextSet,
        want: ResultKind,
    ) -> Result<Vec<ExecutionCase>, TooManyCases> {
        let mut partial = vec![(state.clone(), Some(Vec::new()))];
        for form in forms {
            partial = self.extend_arguments(partial, form)?;
        }
        let apply = |(state, values): PartialArgs| {
            let value =
                values.and_then(|values| compiled_expr::apply_to_constants(operator, values));
            let got = value.map_or(AbstractValue::Fault, |value| self.constant(&value, want));
            (state, got)
        };
        Ok(partial.into_iter().map(apply).collect())
    }

    /// Evaluates one more argument of an operator.
    fn extend_arguments(
        &mut self,
        partial: Vec<PartialArgs>,
        form: &SymbolicExpr,
    ) -> Result<Vec<PartialArgs>, TooManyCases> {
        let mut product = Vec::new();
        for (state, values) in partial {
            let Some(values) = values else {
                product.push((state, None));
                continue;
            };
            for (state, got) in self.execute(form, &state, ResultKind::Value)? {
                let next = match got {
                    AbstractValue::Constant(value) => {
                        Some(values.iter().cloned().chain([value]).collect())
                    }
                    _ => None,
                };
                product.push((state, next));
            }
        }
        Ok(product)
    }

    fn split_by_fractional(
        &mut self,
        split: &SymbolicFractional,
        state: &ContextSet,
        want: ResultKind,
    ) -> Result<Vec<ExecutionCase>, TooManyCases> {
        self.record_keyless(split, state);
        let mut cases = Vec::new();
        for (state, lot) in fractional_split::split_by_share(split, state, self.domain) {
            self.remaining_cases = self.remaining_cases.checked_sub(1).ok_or(TooManyCases)?;
            let got = match lot {
                ShareOutcome::Fault => AbstractValue::Fault,
                ShareOutcome::Share(share) => {
                    if let Some(first) = split.first_share_branch {
                        self.record_reached(first + share, &state);
                    }
                    let literal = split.share_values.get(share).unwrap_or(&OwnedValue::Null);
                    self.constant(literal, want)
                }
                ShareOutcome::NoShare | ShareOutcome::DependsOnHash => {
                    self.constant(&OwnedValue::Null, want)
                }
            };
            cases.push((state, got));
        }
        Ok(cases)
    }

    fn constant(&self, constant: &OwnedValue, want: ResultKind) -> AbstractValue {
        AbstractValue::from_constant(constant, want, &self.program.variant_names)
    }

    /// Records the contexts that lack the only attribute of a concatenated bucketing key.
    fn record_keyless(&mut self, split: &SymbolicFractional, state: &ContextSet) {
        let SymbolicBucketBy::Concatenated(parts) = &split.bucket_by else {
            return;
        };
        if self.keyless_contexts.len() >= MAX_KEYLESS_CONTEXTS {
            return;
        }
        if let [attribute] = *key_part::key_attributes(parts) {
            let keyless = state.restrict_attribute(attribute, &self.domain.null_of(attribute));
            self.keyless_contexts
                .extend(keyless.map(|state| (split.position, state)));
        }
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
}
