//! Reachability of the branches of a flag's rule: a context that reaches a branch, or the conditions that exclude it.
//!
//! ```text
//! let report = analyze_reachability(&flag);    // a flag without rollout fields
//! for branch in &report.branches {             // every branch, share and implicit else, outer branches first
//!     match &branch.reachability {
//!         Reachability::Reachable(context) => …     // a context whose evaluation reaches the branch
//!         Reachability::Unreachable(core) => …      // conditions, with their positions, that exclude each other
//!         Reachability::Unknown(why) => …           // an unsupported operator, or too many cases
//!     }
//! }
//! ```
//!
//! A branch inside of an unreachable branch is unreachable as well; [`BranchReachability::parent`] identifies the outer
//! branch. A branch in a shared evaluator has one position, and one entry for every use.

use crate::analysis::engine::branch_conditions;
use crate::analysis::engine::branch_conditions::BranchCondition;
use crate::analysis::engine::coverage;
use crate::analysis::engine::coverage::Budget;
use crate::analysis::engine::example_search;
use crate::analysis::format;
use crate::analysis::model::compiled_expr::CompiledExpr;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::owned_context::OwnedContext;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::model::symbolic_expr::BranchKind;
use crate::analysis::model::symbolic_expr::RuleBranch;
use crate::analysis::model::unsupported::UnsupportedInFile;
use crate::diag::Position;
use crate::document::flag::FlagDefinition;
use crate::rule::coerce;
use crate::rule::syntax::JsonLogicNode;
use crate::value::OwnedValue;

/// The reachability of the branches of a flag's rule.
#[derive(Debug)]
pub struct ReachabilityReport {
    /// The branches; a branch precedes those inside of it. Empty without a rule.
    pub branches: Vec<BranchReachability>,
    /// The unsupported expressions.
    pub unsupported: Vec<UnsupportedInFile>,
}

/// A branch of a rule.
#[derive(Debug)]
pub struct BranchReachability {
    /// The kind of the branch.
    pub kind: BranchKind,
    /// The position in the file of the flag's origin.
    pub position: Position,
    /// The index of the enclosing branch.
    pub parent: Option<usize>,
    /// The constant result, usually the name of a variant; `None` for an expression that decides further.
    pub constant: Option<OwnedValue>,
    /// The branch as text.
    pub text: String,
    /// The reachability of the branch.
    pub reachability: Reachability,
}

/// The reachability of a branch.
#[derive(Debug)]
pub enum Reachability {
    /// This context reaches it.
    Reachable(OwnedContext),
    /// No context reaches it, because these path conditions contradict each other.
    Unreachable(Vec<BranchCondition>),
    /// It is unknown, for this reason.
    Unknown(String),
}

/// Analyzes which branches of the rule of `flag` some context reaches.
pub fn analyze_reachability(flag: &FlagDefinition) -> ReachabilityReport {
    let survey = coverage::analyze_coverage(flag, Budget::SINGLE_FLAG);
    let sites = survey
        .program
        .branches
        .iter()
        .zip(&survey.reaching_contexts)
        .enumerate();
    let ends = sites.map(|(at, (site, mark))| {
        let verdict = match (mark, &survey.incomplete_reason) {
            (Some(state), _) => find_reaching_context(site, state, &survey.program, &survey.domain),
            (None, Some(why)) => Reachability::Unknown(why.clone()),
            (None, None) => Reachability::Unreachable(survey.unsat_core(at)),
        };
        branch_reachability(site, verdict)
    });
    let ends = ends.collect();
    let outside = survey.domain.opaque_exprs.iter();
    ReachabilityReport {
        branches: ends,
        unsupported: outside.map(|hidden| hidden.reason.clone()).collect(),
    }
}

fn branch_reachability(site: &RuleBranch<'_>, verdict: Reachability) -> BranchReachability {
    let constant = match (site.kind, JsonLogicNode::from_node(site.node)) {
        (BranchKind::ImplicitElse, _) => None,
        (BranchKind::Share { .. }, JsonLogicNode::List([value, ..])) => {
            Some(value.to_owned_value())
        }
        (_, JsonLogicNode::Value(node)) => Some(node.to_owned_value()),
        (_, JsonLogicNode::List(_) | JsonLogicNode::Operation(_)) => None,
    };
    BranchReachability {
        kind: site.kind,
        position: site.node.position,
        parent: site.parent,
        constant,
        text: format::format_condition(site.node),
        reachability: verdict,
    }
}

fn find_reaching_context(
    site: &RuleBranch<'_>,
    state: &ContextSet,
    program: &SymbolicProgram<'_>,
    space: &InputDomain,
) -> Reachability {
    let found = example_search::find_examples(state, space, &[program], 1, |asker| {
        context_reaches(asker, site, program)
    });
    match (found.into_iter().next(), state.assumptions.first()) {
        (Some(asker), _) => Reachability::Reachable(asker),
        (None, Some((hidden, _))) => {
            let why = space.opaque_exprs.get(*hidden).map(|hidden| &hidden.reason);
            let why = why.map(|why| why.cause.to_string());
            Reachability::Unknown(why.unwrap_or_default())
        }
        (None, None) => Reachability::Unknown("no example context was found".to_owned()),
    }
}

/// Returns true if the evaluation of a context reaches a branch.
fn context_reaches(
    asker: &OwnedContext,
    site: &RuleBranch<'_>,
    program: &SymbolicProgram<'_>,
) -> bool {
    let premises = branch_conditions::path_conditions(site, program);
    let hold = premises.iter().all(|(node, want)| {
        let question = CompiledExpr::new(node, program.flag_key);
        let truth = asker.evaluate(&question, |value| value.ok().map(coerce::is_truthy));
        truth == Some(*want)
    });
    let parent = site.parent.and_then(|parent| program.branches.get(parent));
    match (site.kind, parent) {
        (BranchKind::Share { index, .. }, Some(parent)) => {
            let question = CompiledExpr::new(parent.node, program.flag_key);
            hold && asker.fractional_share(&question) == Some(index)
        }
        _ => hold,
    }
}
