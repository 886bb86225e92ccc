//! The old and the new version of a flag, lowered over one input domain, and the cases in which their outcomes differ.

use crate::analysis::diff::changed_cell::ChangedCase;
use crate::analysis::engine::abstract_value::AbstractValue;
use crate::analysis::engine::abstract_value::TooManyCases;
use crate::analysis::engine::symbolic_execution::SymbolicExecution;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::lowering;
use crate::analysis::model::owned_context::OwnedContext;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::outcome::Outcome;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Node;
use crate::rule::decision_tree::Leaf;
use crate::ruleset;
use crate::ruleset::EvaluationPlan;

/// A flag as written and compiled.
#[derive(Debug, Clone, Copy)]
pub struct DiffFlag<'d> {
    /// As written.
    pub definition: &'d FlagDefinition,
    /// Compiled.
    pub compiled: &'d ruleset::CompiledFlag,
}

impl<'d> DiffFlag<'d> {
    /// The key and the flag set.
    pub fn identity(&self) -> (&'d str, Option<&'d str>) {
        (&self.definition.key, self.definition.flag_set_id())
    }

    /// Returns true if nothing that affects decisions differs.
    pub fn has_same_definition(&self, other: &DiffFlag<'_>) -> bool {
        let (a, b) = (self.definition, other.definition);
        let rule = |flag: &FlagDefinition| flag.targeting.as_ref().map(Node::to_owned_value);
        (a.disabled, a.error_code, &a.default_variant)
            == (b.disabled, b.error_code, &b.default_variant)
            && a.variants == b.variants
            && rule(a) == rule(b)
    }
}

/// Two versions of a flag, lowered over one input domain.
#[derive(Debug)]
pub struct FlagComparison<'d> {
    /// The old flag.
    pub old: DiffFlag<'d>,
    /// The new flag.
    pub new: DiffFlag<'d>,
    /// The old rule.
    pub old_program: SymbolicProgram<'d>,
    /// The new rule.
    pub new_program: SymbolicProgram<'d>,
    /// The input domain of both rules.
    pub domain: InputDomain,
}

impl<'d> FlagComparison<'d> {
    /// The comparison of two flags.
    pub fn new(old: DiffFlag<'d>, new: DiffFlag<'d>) -> FlagComparison<'d> {
        let mut space = InputDomain::default();
        let before = lowering::lower_flag(old.definition, &mut space);
        let after = lowering::lower_flag(new.definition, &mut space);
        space.choose_representatives();
        FlagComparison {
            old,
            new,
            old_program: before,
            new_program: after,
            domain: space,
        }
    }

    /// The cases in which the outcomes differ.
    ///
    /// # Errors
    /// If there are too many cases.
    pub fn changed_cases(&mut self) -> Result<Vec<ChangedCase>, TooManyCases> {
        let all = ContextSet::all(&self.domain);
        let olds =
            SymbolicExecution::new(&self.old_program, &mut self.domain).execute_rule(&all)?;
        let mut walk = SymbolicExecution::new(&self.new_program, &mut self.domain);
        let mut pairs = Vec::new();
        for (state, old) in olds {
            for (state, new) in walk.execute_rule(&state)? {
                pairs.push((state, old.clone(), new));
            }
        }
        let mut regions = Vec::new();
        for (state, old, new) in pairs {
            let from = case_outcome(&old, self.old.compiled);
            let to = case_outcome(&new, self.new.compiled);
            if from == to && self.is_same_outcome(&from) {
                continue;
            }
            let measure = state.fraction_of_units(&self.domain);
            regions.push(ChangedCase {
                contexts: state,
                from,
                to,
                fraction_of_units: measure,
            });
        }
        Ok(regions)
    }

    /// Returns true if equal outcomes have the same meaning on both sides: the result of an opaque expression names a
    /// variant, and the variants may differ.
    fn is_same_outcome(&self, outcome: &Outcome) -> bool {
        let (old, new) = (self.old.compiled, self.new.compiled);
        !matches!(outcome, Outcome::Opaque(_))
            || (&old.variant_names, &old.variant_values, old.default_variant)
                == (&new.variant_names, &new.variant_values, new.default_variant)
    }

    /// The reasons why the outcomes of a case are unknown.
    pub fn unknown_reasons(&self, region: &ChangedCase) -> Vec<String> {
        let guesses = region
            .contexts
            .assumptions
            .iter()
            .map(|(hidden, _)| *hidden);
        let outcomes = [&region.from, &region.to];
        let hidden = outcomes.into_iter().filter_map(|outcome| match outcome {
            Outcome::Opaque(hidden) => Some(*hidden),
            _ => None,
        });
        let why = |hidden: usize| {
            self.domain
                .opaque_exprs
                .get(hidden)
                .map(|h| h.reason.to_string())
        };
        guesses.chain(hidden).filter_map(why).collect()
    }
}

/// The outcome of a flag in a case.
fn case_outcome(got: &AbstractValue, flag: &ruleset::CompiledFlag) -> Outcome {
    let decision = match (&flag.evaluation_plan, got) {
        (EvaluationPlan::Targeted(_), AbstractValue::Opaque(hidden)) => {
            return Outcome::Opaque(*hidden);
        }
        (EvaluationPlan::Targeted(_), AbstractValue::Leaf(leaf)) => flag.decision_for_leaf(*leaf),
        (
            EvaluationPlan::Targeted(_),
            AbstractValue::Fault | AbstractValue::Truthiness(_) | AbstractValue::Constant(_),
        ) => flag.decision_for_leaf(Leaf::Failed),
        // Without targeting the decision does not depend on the context.
        _ => OwnedContext::default().decide(flag),
    };
    Outcome::from_decision(flag, decision)
}
