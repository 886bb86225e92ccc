//! Conditions of which some are known before anybody asks.

use crate::diag::Position;
use crate::document::rollout::jsonlogic_builder;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// A condition.
#[derive(Debug, Clone)]
pub enum FoldedCondition {
    /// Holds for nobody.
    Never,
    /// Holds for everybody.
    Always,
    /// Holds when this rule does.
    If(Node),
}

impl FoldedCondition {
    /// The condition that is written so.
    pub fn from_node(node: Node) -> FoldedCondition {
        match node.kind {
            NodeKind::Bool(true) => FoldedCondition::Always,
            NodeKind::Bool(false) => FoldedCondition::Never,
            _ => FoldedCondition::If(node),
        }
    }

    /// The rule for it.
    pub fn into_node(self, place: Position) -> Node {
        match self {
            FoldedCondition::Never => jsonlogic_builder::boolean(place, false),
            FoldedCondition::Always => jsonlogic_builder::boolean(place, true),
            FoldedCondition::If(node) => node,
        }
    }

    /// Both.
    pub fn and(self, other: FoldedCondition, place: Position) -> FoldedCondition {
        match (self, other) {
            (FoldedCondition::Never, _) | (_, FoldedCondition::Never) => FoldedCondition::Never,
            (FoldedCondition::Always, condition) | (condition, FoldedCondition::Always) => {
                condition
            }
            (FoldedCondition::If(a), FoldedCondition::If(b)) => {
                FoldedCondition::If(jsonlogic_builder::operation(place, "and", vec![a, b]))
            }
        }
    }

    /// The opposite.
    pub fn not(self, place: Position) -> FoldedCondition {
        match self {
            FoldedCondition::Never => FoldedCondition::Always,
            FoldedCondition::Always => FoldedCondition::Never,
            FoldedCondition::If(node) => {
                FoldedCondition::If(jsonlogic_builder::operation(place, "!", vec![node]))
            }
        }
    }
}

/// One of them, tried in their order.
pub fn fold_or(place: Position, conditions: Vec<FoldedCondition>) -> FoldedCondition {
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
        FoldedCondition::If(jsonlogic_builder::or(place, nodes))
    }
}
