//! `FoldedCondition`: boolean operations with constant folding.

use crate::diag::Position;
use crate::document::rollout::jsonlogic_builder;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// A condition that may be constant.
#[derive(Debug, Clone)]
pub enum FoldedCondition {
    /// Never met.
    Never,
    /// Always met.
    Always,
    /// Met if this rule is truthy.
    If(Node),
}

impl FoldedCondition {
    /// The condition of a rule or a boolean.
    pub fn from_node(node: Node) -> FoldedCondition {
        match node.kind {
            NodeKind::Bool(true) => FoldedCondition::Always,
            NodeKind::Bool(false) => FoldedCondition::Never,
            _ => FoldedCondition::If(node),
        }
    }

    /// The condition as a rule.
    pub fn into_node(self, position: Position) -> Node {
        match self {
            FoldedCondition::Never => jsonlogic_builder::boolean(position, false),
            FoldedCondition::Always => jsonlogic_builder::boolean(position, true),
            FoldedCondition::If(node) => node,
        }
    }

    /// Conjunction.
    pub fn and(self, other: FoldedCondition, position: Position) -> FoldedCondition {
        match (self, other) {
            (FoldedCondition::Never, _) | (_, FoldedCondition::Never) => FoldedCondition::Never,
            (FoldedCondition::Always, condition) | (condition, FoldedCondition::Always) => {
                condition
            }
            (FoldedCondition::If(a), FoldedCondition::If(b)) => {
                FoldedCondition::If(jsonlogic_builder::operation(position, "and", vec![a, b]))
            }
        }
    }

    /// Negation.
    pub fn not(self, position: Position) -> FoldedCondition {
        match self {
            FoldedCondition::Never => FoldedCondition::Always,
            FoldedCondition::Always => FoldedCondition::Never,
            FoldedCondition::If(node) => {
                FoldedCondition::If(jsonlogic_builder::operation(position, "!", vec![node]))
            }
        }
    }
}

/// Disjunction, tried in this order.
pub fn fold_or(position: Position, conditions: Vec<FoldedCondition>) -> FoldedCondition {
    let mut nodes = Vec::with_capacity(conditions.len());
    for condition in conditions {
        match condition {
            FoldedCondition::Never => {}
            FoldedCondition::Always => return FoldedCondition::Always,
            FoldedCondition::If(node) => nodes.push(node),
        }
    }
    if nodes.is_empty() {
        FoldedCondition::Never
    } else {
        FoldedCondition::If(jsonlogic_builder::or(position, nodes))
    }
}
