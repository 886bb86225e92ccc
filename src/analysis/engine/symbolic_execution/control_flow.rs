//! Symbolic execution of `if`, `and` and `or`.

use crate::analysis::engine::abstract_value::AbstractValue;
use crate::analysis::engine::abstract_value::ExecutionCase;
use crate::analysis::engine::abstract_value::TooManyCases;
use crate::analysis::engine::symbolic_execution::SymbolicExecution;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::program::ResultKind;
use crate::analysis::model::symbolic_expr::BranchResult;
use crate::analysis::model::symbolic_expr::IfClause;
use crate::analysis::model::symbolic_expr::SymbolicExpr;
use crate::value::OwnedValue;

impl SymbolicExecution<'_, '_> {
    /// Executes `if`: each clause on the contexts for which all earlier conditions fail.
    pub(super) fn execute_if(
        &mut self,
        clauses: &[IfClause],
        last: &BranchResult,
        state: &ContextSet,
        want: ResultKind,
    ) -> Result<Vec<ExecutionCase>, TooManyCases> {
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

    pub(super) fn execute_branch(
        &mut self,
        answer: &BranchResult,
        state: &ContextSet,
        want: ResultKind,
    ) -> Result<Vec<ExecutionCase>, TooManyCases> {
        if let Some(site) = answer.branch {
            self.record_reached(site, state);
        }
        self.execute(&answer.expr, state, want)
    }

    /// Executes `and` or `or`: the first operand whose truthiness is `stop`, or the last one.
    pub(super) fn short_circuit(
        &mut self,
        forms: &[SymbolicExpr],
        state: &ContextSet,
        want: ResultKind,
        stop: bool,
    ) -> Result<Vec<ExecutionCase>, TooManyCases> {
        let Some((last, before)) = forms.split_last() else {
            return Ok(vec![(
                state.clone(),
                self.constant(&OwnedValue::Null, want),
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
