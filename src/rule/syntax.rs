//! `JsonLogicNode`: classifies a node of a rule as written as a value, a list or an operation.

use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The meaning of a node in `JSONLogic`.
#[derive(Debug, Clone, Copy)]
pub enum JsonLogicNode<'n> {
    /// A value: anything but an array or an object with one member. An object with several members is a
    /// value, regardless of its contents.
    Value(&'n Node),
    /// An array, evaluated item by item.
    List(&'n [Node]),
    /// An object with one member: an operator and its arguments.
    Operation(&'n Member),
}

impl<'n> JsonLogicNode<'n> {
    /// Classifies a node.
    pub fn from_node(node: &'n Node) -> JsonLogicNode<'n> {
        match (&node.kind, node.single_member()) {
            (NodeKind::List(items), _) => JsonLogicNode::List(items),
            (_, Some(member)) => JsonLogicNode::Operation(member),
            (_, None) => JsonLogicNode::Value(node),
        }
    }
}

impl Member {
    /// The arguments of an operation, written as an array or as a single value.
    pub fn arguments(&self) -> &[Node] {
        match &self.value.kind {
            NodeKind::List(items) => items,
            _ => std::slice::from_ref(&self.value),
        }
    }
}

/// The arguments of `if` or its alias `?:`, written as an array; `None` for any other operation.
pub fn if_arguments(member: &Member) -> Option<&[Node]> {
    match (&*member.key, &member.value.kind) {
        ("if" | "?:", NodeKind::List(items)) => Some(items),
        _ => None,
    }
}

/// The conditions among the arguments of an `if`.
pub fn if_conditions(arguments: &[Node]) -> impl Iterator<Item = &Node> {
    arguments.chunks(2).filter_map(|clause| match clause {
        [condition, _] => Some(condition),
        _ => None,
    })
}

/// Returns true if the operator is `fractional` or its older name.
pub fn is_fractional(operator: &str) -> bool {
    matches!(operator, "fractional" | "fractionalEvaluation")
}

/// Returns true if the operator evaluates its body for every item of a list.
pub fn is_list_operator(operator: &str) -> bool {
    matches!(
        operator,
        "map" | "filter" | "reduce" | "all" | "some" | "none"
    )
}
