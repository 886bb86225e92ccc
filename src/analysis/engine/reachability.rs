//! Which ends of a flag's rule can be reached: with a context that reaches it, or with the conditions that exclude it.
//!
//! ```text
//! let reach = reach::reach(&flag);             // a flag of a document that went through `study::expanded`
//! for end in &reach.ends {                     // every branch, share and last resort, from the outside in
//!     match &end.verdict {
//!         Verdict::Reachable(asker) => …       // a context that was really evaluated and got there
//!         Verdict::Unreachable(premises) => …  // conditions, with their places, that cannot all be as they would have to
//!         Verdict::Unknown(why) => …           // an operator outside of the theory, or too many cases
//!     }
//! }
//! ```
//!
//! A branch inside of an unreachable one is unreachable as well: [`BranchReachability::parent`] tells them apart. What stands in a shared
//! evaluator has one place but an end for every use.

use crate::analysis::engine::coverage;
use crate::analysis::engine::coverage::Budget;
use crate::analysis::engine::example_search;
use crate::analysis::engine::unsat_core;
use crate::analysis::engine::unsat_core::PathCondition;
use crate::analysis::format;
use crate::analysis::model::comparisons::arguments;
use crate::analysis::model::concrete_eval::CompiledExpr;
use crate::analysis::model::concrete_eval::OwnedContext;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::input_domain::UnsupportedInFile;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::model::symbolic_expr::BranchKind;
use crate::analysis::model::symbolic_expr::RuleBranch;
use crate::diag::Position;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Node;
use crate::rule::coerce;
use crate::rule::syntax::JsonLogicNode;
use crate::value::OwnedValue;

/// What can be reached in a flag's rule.
#[derive(Debug)]
pub struct ReachabilityReport {
    /// Every place where the rule may end; a branch comes before those inside of it. Empty without a rule.
    pub branches: Vec<BranchReachability>,
    /// What could not be reasoned about.
    pub unsupported: Vec<UnsupportedInFile>,
}

/// A place where a rule may end.
#[derive(Debug)]
pub struct BranchReachability {
    /// What kind of place it is.
    pub kind: BranchKind,
    /// Where it stands, in the file of the flag's origin.
    pub position: Position,
    /// The index of the branch that it is in.
    pub parent: Option<usize>,
    /// The constant that stands there, usually the name of a variant; `None` for what goes on to decide.
    pub constant: Option<OwnedValue>,
    /// What stands there, in words.
    pub text: String,
    /// Whether it is reached.
    pub reachability: Reachability,
}

/// Whether a place in a rule is reached.
#[derive(Debug)]
pub enum Reachability {
    /// By this context.
    Reachable(OwnedContext),
    /// By none: these cannot all be as they would have to be.
    Unreachable(Vec<PathCondition>),
    /// This cannot be known, and why.
    Unknown(String),
}

/// What can be reached in the rule of `flag`.
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
            let why = why.map(|why| {
                format!(
                    "{}:{}: {}",
                    why.position.line, why.position.column, why.description
                )
            });
            Reachability::Unknown(why.unwrap_or_default())
        }
        (None, None) => Reachability::Unknown("no context was found that gets there".to_owned()),
    }
}

/// Whether a context really gets to a site.
pub fn context_reaches(
    asker: &OwnedContext,
    site: &RuleBranch<'_>,
    program: &SymbolicProgram<'_>,
) -> bool {
    let premises = unsat_core::path_conditions(site, program);
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

/// The conditions of an `if`.
pub fn if_conditions(node: &Node) -> Vec<&Node> {
    let items = node.single_member().map_or(&[][..], arguments);
    let conditions = items.chunks(2).filter_map(|clause| match clause {
        [condition, _] => Some(condition),
        _ => None,
    });
    conditions.collect()
}
