//! The path conditions of a rule branch: the conditions that must hold or fail on the way to it.

use crate::analysis::format;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::model::symbolic_expr::BranchKind;
use crate::analysis::model::symbolic_expr::RuleBranch;
use crate::diag::Position;
use crate::document::syntax_tree::Node;
use crate::rule::syntax;

/// A condition that must hold or fail for a branch to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchCondition {
    /// The position of the condition.
    pub position: Position,
    /// The condition as text.
    pub text: String,
    /// True if the condition must hold, false if it must fail.
    pub must_hold: bool,
}

impl BranchCondition {
    /// The path condition that a constraint describes.
    pub fn from_constraint((node, must_hold): ConditionConstraint<'_>) -> BranchCondition {
        BranchCondition {
            position: node.position,
            text: format::format_condition(node),
            must_hold,
        }
    }
}

/// The node of a condition, and whether the condition must hold.
pub type ConditionConstraint<'d> = (&'d Node, bool);

/// The conditions on the way to a branch, the outermost first.
pub fn path_conditions<'d>(
    site: &RuleBranch<'d>,
    program: &SymbolicProgram<'d>,
) -> Vec<ConditionConstraint<'d>> {
    let mut premises = Vec::new();
    let mut site = *site;
    while let Some(parent) = site.parent.and_then(|parent| program.branches.get(parent)) {
        let arguments = parent.node.single_member().and_then(syntax::if_arguments);
        let conditions: Vec<&Node> = syntax::if_conditions(arguments.unwrap_or_default()).collect();
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
