//! Who gets another answer after a change.
//!
//! Old and new rule are walked together: every case of the old one is split as the new one splits it. Cases with two
//! answers are the change. They are laid over each other so that no two cells share a context; a cell's transitions
//! have the part of its units that they move, exactly, as lengths of intervals of hashes.

pub mod changed_cell;
pub mod disjoint_cells;

use ecow::EcoString;

use crate::analysis::diff::changed_cell::ChangedCase;
use crate::analysis::diff::changed_cell::ChangedCell;
use crate::analysis::engine::symbolic_execution::AbstractValue;
use crate::analysis::engine::symbolic_execution::SymbolicExecution;
use crate::analysis::engine::symbolic_execution::TooManyCases;
use crate::analysis::model::concrete_eval::OwnedContext;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::input_domain::UnsupportedInFile;
use crate::analysis::model::program;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::outcome::Outcome;
use crate::analysis::outcome::outcome_of_decision;
use crate::document::Document;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Node;
use crate::limits;
use crate::rule::decision_tree::Leaf;
use crate::ruleset;
use crate::ruleset::EvaluationPlan;
use crate::ruleset::Ruleset;

/// The flags of one side: merged, words expanded, and compiled in the same order.
#[derive(Debug, Clone, Copy)]
pub struct DiffSide<'d> {
    /// The flags as written.
    pub document: &'d Document,
    /// The same flags, compiled.
    pub ruleset: &'d Ruleset,
}

/// What a change makes of one flag.
#[derive(Debug)]
pub struct FlagDiff {
    /// The flag's key.
    pub key: EcoString,
    /// Its flag set.
    pub flag_set: Option<EcoString>,
    /// What is known.
    pub status: DiffStatus,
    /// Who gets another answer; no context is in two cells.
    pub cells: Vec<ChangedCell>,
    /// What is not known, and why: there may be more changes than `cells` tells.
    pub unknown_reasons: Vec<String>,
}

/// What is known of a flag's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffStatus {
    /// Nothing that decides was changed.
    Same,
    /// It is written in another way, and proved to answer the same to everyone.
    Equivalent,
    /// Some get another answer.
    Changed,
    /// Nobody is known to get another answer, but somebody may.
    Unknown,
    /// There was no such flag.
    Added,
    /// There is no such flag any more.
    Removed,
}

impl DiffStatus {
    /// The verdict as it stands in output.
    pub fn name(self) -> &'static str {
        match self {
            DiffStatus::Same => "same",
            DiffStatus::Equivalent => "equivalent",
            DiffStatus::Changed => "changed",
            DiffStatus::Unknown => "unknown",
            DiffStatus::Added => "added",
            DiffStatus::Removed => "removed",
        }
    }
}

/// What a change makes of all flags, by key and flag set. Up to `examples` contexts are looked for per transition.
pub fn diff(old: DiffSide<'_>, new: DiffSide<'_>, examples: usize) -> Vec<FlagDiff> {
    let mut changes = Vec::new();
    let (old, new) = (old.sorted_flags(), new.sorted_flags());
    let (mut left, mut right) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return changes,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(a), Some(b)) => a.identity().cmp(&b.identity()),
        };
        let (a, b) = match order {
            std::cmp::Ordering::Less => (left.next(), None),
            std::cmp::Ordering::Greater => (None, right.next()),
            std::cmp::Ordering::Equal => (left.next(), right.next()),
        };
        match (a, b) {
            (Some(a), Some(b)) => changes.push(diff_flag(*a, *b, examples)),
            (Some(a), None) => changes.push(a.without_cells(DiffStatus::Removed)),
            (None, Some(b)) => changes.push(b.without_cells(DiffStatus::Added)),
            (None, None) => {}
        }
    }
}

/// A flag as written and compiled.
#[derive(Debug, Clone, Copy)]
pub struct DiffFlag<'d> {
    /// As written.
    pub definition: &'d FlagDefinition,
    /// Compiled.
    pub compiled: &'d ruleset::CompiledFlag,
}

impl<'d> DiffSide<'d> {
    fn sorted_flags(self) -> Vec<DiffFlag<'d>> {
        let written = self.document.flags.iter();
        let pairs = written.zip(&self.ruleset.flags);
        let mut pairs: Vec<DiffFlag<'d>> = pairs
            .map(|(written, compiled)| DiffFlag {
                definition: written,
                compiled,
            })
            .collect();
        pairs.sort_by(|a, b| a.identity().cmp(&b.identity()));
        pairs
    }
}

impl<'d> DiffFlag<'d> {
    fn identity(&self) -> (&'d str, Option<&'d str>) {
        (&self.definition.key, self.definition.flag_set_id())
    }

    fn without_cells(&self, verdict: DiffStatus) -> FlagDiff {
        FlagDiff {
            key: self.definition.key.clone(),
            flag_set: self.definition.flag_set_id().map(Into::into),
            status: verdict,
            cells: Vec::new(),
            unknown_reasons: Vec::new(),
        }
    }

    /// Whether nothing that decides differs.
    fn has_same_definition(&self, other: &DiffFlag<'_>) -> bool {
        let (a, b) = (self.definition, other.definition);
        let rule = |flag: &FlagDefinition| flag.targeting.as_ref().map(Node::to_owned_value);
        (a.disabled, a.error_code, &a.default_variant)
            == (b.disabled, b.error_code, &b.default_variant)
            && a.variants == b.variants
            && rule(a) == rule(b)
    }
}

/// What a change makes of one flag.
pub fn diff_flag(old: DiffFlag<'_>, new: DiffFlag<'_>, examples: usize) -> FlagDiff {
    if old.has_same_definition(&new) {
        return old.without_cells(DiffStatus::Same);
    }
    let mut comparison = FlagComparison::new(old, new);
    let (cells, unknown) = comparison.compute_cells(examples);
    let verdict = match (cells.is_empty(), unknown.is_empty()) {
        (true, true) => DiffStatus::Equivalent,
        (true, false) => DiffStatus::Unknown,
        (false, _) => DiffStatus::Changed,
    };
    FlagDiff {
        cells,
        unknown_reasons: unknown,
        ..old.without_cells(verdict)
    }
}

/// Two flags and everything that they ask.
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
    /// What they ask.
    pub domain: InputDomain,
}

impl<'d> FlagComparison<'d> {
    /// The comparison of two flags.
    pub fn new(old: DiffFlag<'d>, new: DiffFlag<'d>) -> FlagComparison<'d> {
        let mut space = InputDomain::default();
        let before = program::lower_flag(old.definition, &mut space);
        let after = program::lower_flag(new.definition, &mut space);
        space.choose_representatives();
        FlagComparison {
            old,
            new,
            old_program: before,
            new_program: after,
            domain: space,
        }
    }

    /// Who gets another answer, and what is not known.
    pub fn compute_cells(&mut self, examples: usize) -> (Vec<ChangedCell>, Vec<String>) {
        let mut unknown: Vec<String> = Vec::new();
        let regions = self.changed_cases().unwrap_or_else(|TooManyCases| {
            unknown.push(format!(
                "there are more than {} cases",
                limits::ANALYSIS_CASES
            ));
            Vec::new()
        });
        for (attribute, why) in self.domain.incomplete_attributes() {
            unknown.push(format!("`{}`: {why}", attribute.path));
        }
        let (known, doubtful): (Vec<ChangedCase>, Vec<ChangedCase>) =
            regions.into_iter().partition(ChangedCase::is_known);
        for region in &doubtful {
            for why in self.unknown_reasons(region) {
                if !unknown.contains(&why) {
                    unknown.push(why);
                }
            }
        }
        let (cells, whole) = disjoint_cells::partition_into_cells(&known, self, examples);
        if !whole {
            unknown.push(format!(
                "the changes fall into more than {} cells",
                limits::DIFF_CELLS
            ));
        }
        (cells, unknown)
    }

    /// The cases with two answers.
    fn changed_cases(&mut self) -> Result<Vec<ChangedCase>, TooManyCases> {
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

    /// Whether an answer that both sides give is one answer: what can be anything names variants of both.
    fn is_same_outcome(&self, outcome: &Outcome) -> bool {
        let (old, new) = (self.old.compiled, self.new.compiled);
        !matches!(outcome, Outcome::Opaque(_))
            || (&old.variant_names, &old.variant_values, old.default_variant)
                == (&new.variant_names, &new.variant_values, new.default_variant)
    }

    fn unknown_reasons(&self, region: &ChangedCase) -> Vec<String> {
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
                .map(|h| format_unsupported(&h.reason))
        };
        guesses.chain(hidden).filter_map(why).collect()
    }
}

fn format_unsupported(why: &UnsupportedInFile) -> String {
    let place = why.position;
    format!(
        "{}:{}:{}: {}",
        why.file, place.line, place.column, why.description
    )
}

/// What a flag answers in a case.
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
        // Without targeting there is no context that matters.
        _ => OwnedContext::default().decide(flag),
    };
    outcome_of_decision(flag, decision)
}
