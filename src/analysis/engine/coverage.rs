//! Branch coverage of a flag's rule over all contexts, within a budget of cases and evaluations.

use crate::analysis::engine::branch_conditions::BranchCondition;
use crate::analysis::engine::symbolic_execution::SymbolicExecution;
use crate::analysis::engine::unsat_core;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::lowering;
use crate::analysis::model::program::SymbolicProgram;
use crate::diag::Position;
use crate::document::flag::FlagDefinition;
use crate::limits;

/// The limits of one analysis.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// The maximum number of cases.
    pub max_cases: usize,
    /// The maximum number of evaluations of single-attribute expressions.
    pub max_evaluations: usize,
}

impl Budget {
    /// The budget for one requested flag.
    pub const SINGLE_FLAG: Budget = Budget {
        max_cases: limits::ANALYSIS_CASES,
        max_evaluations: usize::MAX,
    };
    /// The budget for each flag of a lint run.
    pub const PER_LINTED_FLAG: Budget = Budget {
        max_cases: limits::LINT_CASES,
        max_evaluations: limits::LINT_COMPARISONS,
    };
}

/// The branch coverage of a rule over all contexts.
#[derive(Debug)]
pub struct BranchCoverage<'f> {
    /// The flag, without rollout fields.
    pub flag: &'f FlagDefinition,
    /// The program of its rule.
    pub program: SymbolicProgram<'f>,
    /// The input domain of the rule.
    pub domain: InputDomain,
    /// For each branch a set of contexts that reach it, without assumptions if possible.
    pub reaching_contexts: Vec<Option<ContextSet>>,
    /// Contexts that lack the only attribute of a bucketing key and reach it, with the position of the key.
    pub keyless_contexts: Vec<(Position, ContextSet)>,
    /// The reason why a branch without such a set might still be reached; `None` if it is not.
    pub incomplete_reason: Option<String>,
    budget: Budget,
}

/// Analyzes the branch coverage of a flag's rule.
pub fn analyze_coverage(flag: &FlagDefinition, effort: Budget) -> BranchCoverage<'_> {
    let mut space = InputDomain::default();
    let program = lowering::lower_flag(flag, &mut space);
    space.choose_representatives();
    let mut survey = BranchCoverage {
        flag,
        reaching_contexts: vec![None; program.branches.len()],
        keyless_contexts: Vec::new(),
        incomplete_reason: None,
        program,
        domain: space,
        budget: effort,
    };
    survey.incomplete_reason = survey.execute();
    survey
}

impl BranchCoverage<'_> {
    /// Executes the rule; returns the reason if coverage is incomplete.
    fn execute(&mut self) -> Option<String> {
        if self.evaluation_count() > self.budget.max_evaluations {
            return Some("the rule compares too many attribute values".to_owned());
        }
        let all = ContextSet::all(&self.domain);
        let mut walk = SymbolicExecution::with_max_cases(
            &self.program,
            &mut self.domain,
            self.budget.max_cases,
        );
        let complete = walk.execute_rule(&all).is_ok();
        self.reaching_contexts = std::mem::take(&mut walk.reaching_contexts);
        self.keyless_contexts = std::mem::take(&mut walk.keyless_contexts);
        if !complete {
            return Some("the rule has too many cases".to_owned());
        }
        let (attribute, why) = self.domain.incomplete_attributes().next()?;
        Some(format!("`{}`: {why}", attribute.path))
    }

    /// The number of evaluations that the analysis needs.
    fn evaluation_count(&self) -> usize {
        let asked = self.program.single_attribute_exprs.iter().map(|atom| {
            let attribute = self.domain.attributes.get(atom.attribute);
            attribute.map_or(0, |attribute| attribute.representatives.values.len())
        });
        asked.sum()
    }

    /// Returns true if it is proved that no context reaches a branch.
    pub fn is_unreachable(&self, site: usize) -> bool {
        self.incomplete_reason.is_none()
            && self
                .reaching_contexts
                .get(site)
                .is_some_and(Option::is_none)
    }

    /// The path conditions that make a branch unreachable.
    pub fn unsat_core(&self, site: usize) -> Vec<BranchCondition> {
        let site = self.program.branches.get(site);
        site.map_or_else(Vec::new, |site| {
            unsat_core::minimal_unsat_core(site, self.flag, &self.program, self.budget.max_cases)
        })
    }
}
