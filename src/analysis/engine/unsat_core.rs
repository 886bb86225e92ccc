//! Minimal unsatisfiable cores, found with `QuickXplain`: the fewest path conditions that together make a branch
//! unreachable. `minimize` recurses on halves of the conditions.

use crate::analysis::engine::abstract_value::AbstractValue;
use crate::analysis::engine::branch_conditions;
use crate::analysis::engine::branch_conditions::BranchCondition;
use crate::analysis::engine::branch_conditions::ConditionConstraint;
use crate::analysis::engine::symbolic_execution::SymbolicExecution;
use crate::analysis::format;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::lowering;
use crate::analysis::model::program::ResultKind;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::model::symbolic_expr::BranchKind;
use crate::analysis::model::symbolic_expr::RuleBranch;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// A minimal set of path conditions that make a branch unreachable, the first ones if there is a choice. Beyond
/// `cases` cases a set counts as satisfiable.
pub fn minimal_unsat_core(
    site: &RuleBranch<'_>,
    flag: &FlagDefinition,
    program: &SymbolicProgram<'_>,
    cases: usize,
) -> Vec<BranchCondition> {
    if let BranchKind::Share { weight: 0, .. } = site.kind {
        return vec![BranchCondition {
            position: site.node.position,
            text: "weight > 0".to_owned(),
            must_hold: true,
        }];
    }
    let mut premises: Vec<ConditionConstraint<'_>> = Vec::new();
    for (node, holds) in branch_conditions::path_conditions(site, program) {
        flatten_conjunction(node, holds, &mut premises);
    }
    let sieve = QuickXplain {
        flag,
        max_cases: cases,
    };
    if sieve.is_satisfiable(&premises) {
        // The conditions do not exclude each other, but leave no hashes for this share.
        let share = matches!(site.kind, BranchKind::Share { .. }).then(|| BranchCondition {
            position: site.node.position,
            text: format!("bucket in {}", format::format_condition(site.node)),
            must_hold: true,
        });
        return premises
            .into_iter()
            .map(BranchCondition::from_constraint)
            .chain(share)
            .collect();
    }
    let fewest = sieve.minimize(&mut Vec::new(), false, &premises);
    fewest
        .into_iter()
        .map(BranchCondition::from_constraint)
        .collect()
}

/// The `QuickXplain` algorithm (Junker, 2004) over the conditions of one flag.
struct QuickXplain<'f> {
    flag: &'f FlagDefinition,
    max_cases: usize,
}

impl QuickXplain<'_> {
    /// A minimal subset of `wanted` that is unsatisfiable together with `given`; all of `wanted` and `given` must be
    /// unsatisfiable. With `grown`, `given` alone may be unsatisfiable.
    ///
    /// Recursion on halves takes a logarithmic number of satisfiability checks per condition of the result.
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

    /// Returns true if some context may satisfy all constraints.
    fn is_satisfiable(&self, premises: &[ConditionConstraint<'_>]) -> bool {
        let mut space = InputDomain::default();
        let nodes = premises.iter().map(|(node, _)| *node).collect();
        let (program, forms) = lowering::lower_conditions(nodes, self.flag, &mut space);
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

/// Splits a constraint into constraints that must all be satisfied.
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
