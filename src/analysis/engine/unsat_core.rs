//! Why a place in a rule is not reached: the fewest conditions that cannot all be as they would have to be.

use crate::analysis::engine::reachability::if_conditions;
use crate::analysis::engine::symbolic_execution::AbstractValue;
use crate::analysis::engine::symbolic_execution::SymbolicExecution;
use crate::analysis::format;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::program;
use crate::analysis::model::program::ResultKind;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::model::symbolic_expr::BranchKind;
use crate::analysis::model::symbolic_expr::RuleBranch;
use crate::diag::Position;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// A condition and how it would have to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathCondition {
    /// Where it stands.
    pub position: Position,
    /// What it is, in words.
    pub text: String,
    /// Whether it would have to hold or to fail.
    pub must_hold: bool,
}

/// The conditions on the way to a site, and whether they have to hold.
pub fn path_conditions<'d>(
    site: &RuleBranch<'d>,
    program: &SymbolicProgram<'d>,
) -> Vec<(&'d Node, bool)> {
    let mut premises = Vec::new();
    let mut site = *site;
    while let Some(parent) = site.parent.and_then(|parent| program.branches.get(parent)) {
        let conditions = if_conditions(parent.node);
        let (failing, holding) = match site.kind {
            BranchKind::Then(at) => (conditions.get(..at), conditions.get(at)),
            BranchKind::Else | BranchKind::ImplicitElse => (Some(&*conditions), None),
            BranchKind::Root | BranchKind::Share { .. } => (None, None),
        };
        let failing = failing
            .unwrap_or_default()
            .iter()
            .map(|node| (*node, false));
        let own: Vec<_> = failing.chain(holding.map(|node| (*node, true))).collect();
        premises.splice(0..0, own);
        site = *parent;
    }
    premises
}

/// Why a site is not reached: the fewest of the conditions on the way to it, those that stand first if there is a choice.
/// Telling apart more than `cases` cases is not tried.
pub fn minimal_unsat_core(
    site: &RuleBranch<'_>,
    flag: &FlagDefinition,
    program: &SymbolicProgram<'_>,
    cases: usize,
) -> Vec<PathCondition> {
    if let BranchKind::Share { weight: 0, .. } = site.kind {
        return vec![PathCondition {
            position: site.node.position,
            text: "the weight is above 0".to_owned(),
            must_hold: true,
        }];
    }
    let mut premises: Vec<ConditionConstraint<'_>> = Vec::new();
    for (node, holds) in path_conditions(site, program) {
        flatten_conjunction(node, holds, &mut premises);
    }
    let sieve = QuickXplain {
        flag,
        max_cases: cases,
    };
    if sieve.is_satisfiable(&premises) {
        // The conditions do not exclude each other, but leave no hashes for this share.
        let share = matches!(site.kind, BranchKind::Share { .. }).then(|| PathCondition {
            position: site.node.position,
            text: format!("bucket in {}", format::format_condition(site.node)),
            must_hold: true,
        });
        return premises
            .into_iter()
            .map(path_condition)
            .chain(share)
            .collect();
    }
    let fewest = sieve.minimize(&mut Vec::new(), false, &premises);
    fewest.into_iter().map(path_condition).collect()
}

/// A condition and how it would have to be.
type ConditionConstraint<'d> = (&'d Node, bool);

/// Tells which conditions exclude each other.
struct QuickXplain<'f> {
    flag: &'f FlagDefinition,
    max_cases: usize,
}

impl QuickXplain<'_> {
    /// The fewest of `wanted` that exclude each other together with `given`; all of both do. With `grown`, `given` may do
    /// so by itself.
    ///
    /// By halves, as Junker has it (2004): the conditions of a long rule are tried by tens, not one by one.
    fn minimize<'d>(
        &self,
        given: &mut Vec<ConditionConstraint<'d>>,
        grown: bool,
        wanted: &[ConditionConstraint<'d>],
    ) -> Vec<ConditionConstraint<'d>> {
        if grown && !self.is_satisfiable(given) {
            return Vec::new();
        }
        if wanted.len() <= 1 {
            return wanted.to_vec();
        }
        let (first, last) = wanted.split_at(wanted.len() / 2);
        let before = given.len();
        given.extend(first);
        let last = self.minimize(given, true, last);
        given.truncate(before);
        given.extend(&last);
        let mut fewest = self.minimize(given, !last.is_empty(), first);
        given.truncate(before);
        fewest.extend(last);
        fewest
    }

    /// Whether there may be a context for which all of these are so.
    fn is_satisfiable(&self, premises: &[ConditionConstraint<'_>]) -> bool {
        let mut space = InputDomain::default();
        let nodes = premises.iter().map(|(node, _)| *node).collect();
        let (program, forms) = program::lower_conditions(nodes, self.flag, &mut space);
        space.choose_representatives();
        let mut states = vec![ContextSet::all(&space)];
        let mut walk = SymbolicExecution::with_max_cases(&program, &mut space, self.max_cases);
        for (form, (_, want)) in forms.iter().zip(premises) {
            let mut next = Vec::new();
            for state in &states {
                let Ok(cases) = walk.execute(form, state, ResultKind::Truthiness) else {
                    return true;
                };
                let kept = cases
                    .into_iter()
                    .filter(|(_, got)| *got == AbstractValue::Truthiness(*want));
                next.extend(kept.map(|(state, _)| state));
            }
            states = next;
        }
        !states.is_empty()
    }
}

fn path_condition((node, holds): ConditionConstraint<'_>) -> PathCondition {
    PathCondition {
        position: node.position,
        text: format::format_condition(node),
        must_hold: holds,
    }
}

/// The parts of a condition that all have to be so.
fn flatten_conjunction<'d>(
    node: &'d Node,
    holds: bool,
    premises: &mut Vec<ConditionConstraint<'d>>,
) {
    let member = node.single_member();
    match member.map(|member| (&*member.key, &member.value.kind)) {
        Some(("and", NodeKind::List(items))) if holds => {
            for item in items {
                flatten_conjunction(item, true, premises);
            }
        }
        Some(("or", NodeKind::List(items))) if !holds => {
            for item in items {
                flatten_conjunction(item, false, premises);
            }
        }
        Some(("!", NodeKind::List(items))) => match &**items {
            [item] => flatten_conjunction(item, !holds, premises),
            _ => premises.push((node, holds)),
        },
        _ => premises.push((node, holds)),
    }
}
