//! A flag's rule, run over all contexts at once: which of its ends some of them reach.

use crate::analysis::engine::symbolic_execution::SymbolicExecution;
use crate::analysis::engine::unsat_core;
use crate::analysis::engine::unsat_core::PathCondition;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::program;
use crate::analysis::model::program::SymbolicProgram;
use crate::document::flag::FlagDefinition;
use crate::limits;

/// How much work a survey may be.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// How many cases are told apart.
    pub max_cases: usize,
    /// How often a question is put to a value.
    pub max_evaluations: usize,
}

impl Budget {
    /// For one flag that somebody asks about.
    pub const SINGLE_FLAG: Budget = Budget {
        max_cases: limits::ANALYSIS_CASES,
        max_evaluations: usize::MAX,
    };
    /// For each of many flags.
    pub const PER_LINTED_FLAG: Budget = Budget {
        max_cases: limits::LINT_CASES,
        max_evaluations: limits::LINT_COMPARISONS,
    };
}

/// What running a rule over all contexts tells.
#[derive(Debug)]
pub struct BranchCoverage<'f> {
    /// The flag, without words.
    pub flag: &'f FlagDefinition,
    /// Its rule.
    pub program: SymbolicProgram<'f>,
    /// What it asks about.
    pub domain: InputDomain,
    /// For each site contexts that get there; one set without guesses, if there is one.
    pub reaching_contexts: Vec<Option<ContextSet>>,
    /// Why what has no mark might be reached all the same; `None` if it is not.
    pub incomplete_reason: Option<String>,
    budget: Budget,
}

/// Surveys the rule of a flag.
pub fn analyze_coverage(flag: &FlagDefinition, effort: Budget) -> BranchCoverage<'_> {
    let mut space = InputDomain::default();
    let program = program::lower_flag(flag, &mut space);
    space.choose_representatives();
    let mut survey = BranchCoverage {
        flag,
        reaching_contexts: vec![None; program.branches.len()],
        incomplete_reason: None,
        program,
        domain: space,
        budget: effort,
    };
    survey.incomplete_reason = survey.execute();
    survey
}

impl BranchCoverage<'_> {
    /// Walks over the rule. Why not everything that is reached may have got a mark.
    fn execute(&mut self) -> Option<String> {
        if self.evaluation_count() > self.budget.max_evaluations {
            return Some("the rule asks too much of too many values".to_owned());
        }
        let all = ContextSet::all(&self.domain);
        let mut walk = SymbolicExecution::with_max_cases(
            &self.program,
            &mut self.domain,
            self.budget.max_cases,
        );
        let complete = walk.execute_rule(&all).is_ok();
        self.reaching_contexts = std::mem::take(&mut walk.reaching_contexts);
        if !complete {
            return Some("the rule has too many cases".to_owned());
        }
        let (attribute, why) = self.domain.incomplete_attributes().next()?;
        Some(format!("`{}`: {why}", attribute.path))
    }

    /// How often a question may have to be put to a value.
    fn evaluation_count(&self) -> usize {
        let asked = self.program.single_attribute_exprs.iter().map(|atom| {
            let attribute = self.domain.attributes.get(atom.attribute);
            attribute.map_or(0, |attribute| attribute.representatives.values.len())
        });
        asked.sum()
    }

    /// Whether it is certain that nothing reaches a site.
    pub fn is_unreachable(&self, site: usize) -> bool {
        self.incomplete_reason.is_none()
            && self
                .reaching_contexts
                .get(site)
                .is_some_and(Option::is_none)
    }

    /// Why nothing reaches a site that is excluded.
    pub fn unsat_core(&self, site: usize) -> Vec<PathCondition> {
        let site = self.program.branches.get(site);
        site.map_or_else(Vec::new, |site| {
            unsat_core::minimal_unsat_core(site, self.flag, &self.program, self.budget.max_cases)
        })
    }
}
