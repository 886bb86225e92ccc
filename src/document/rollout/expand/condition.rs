//! Conditions of which some are known before anybody asks.

use crate::diag::Place;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::document::rollout::make;

/// A condition.
#[derive(Debug, Clone)]
pub enum Condition {
    /// Holds for nobody.
    Never,
    /// Holds for everybody.
    Always,
    /// Holds when this rule does.
    If(Node),
}

impl Condition {
    /// The condition that is written so.
    pub fn of(node: Node) -> Condition {
        match node.kind {
            Kind::Bool(true) => Condition::Always,
            Kind::Bool(false) => Condition::Never,
            _ => Condition::If(node),
        }
    }

    /// The rule for it.
    pub fn into_node(self, place: Place) -> Node {
        match self {
            Condition::Never => make::truth(place, false),
            Condition::Always => make::truth(place, true),
            Condition::If(node) => node,
        }
    }

    /// Both.
    pub fn and(self, other: Condition, place: Place) -> Condition {
        match (self, other) {
            (Condition::Never, _) | (_, Condition::Never) => Condition::Never,
            (Condition::Always, condition) | (condition, Condition::Always) => condition,
            (Condition::If(a), Condition::If(b)) => {
                Condition::If(make::operation(place, "and", vec![a, b]))
            }
        }
    }

    /// The opposite.
    pub fn not(self, place: Place) -> Condition {
        match self {
            Condition::Never => Condition::Always,
            Condition::Always => Condition::Never,
            Condition::If(node) => Condition::If(make::operation(place, "!", vec![node])),
        }
    }
}

/// One of them, tried in their order.
pub fn any(place: Place, conditions: Vec<Condition>) -> Condition {
    let mut nodes = Vec::with_capacity(conditions.len());
    for condition in conditions {
        match condition {
            Condition::Never => {}
            Condition::Always => return Condition::Always,
            Condition::If(node) => nodes.push(node),
        }
    }
    if nodes.is_empty() {
        Condition::Never
    } else {
        Condition::If(make::any(place, nodes))
    }
}
