//! A rule as written: which nodes are operations, and which are values.

use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// What a node is to `JSONLogic`.
#[derive(Debug, Clone, Copy)]
pub enum JsonLogicNode<'n> {
    /// A value: anything but an array or an object with one member. An object with several is a value as it stands,
    /// whatever is inside.
    Value(&'n Node),
    /// An array, evaluated item by item.
    List(&'n [Node]),
    /// An object with one member: an operator and its arguments.
    Operation(&'n Member),
}

impl<'n> JsonLogicNode<'n> {
    /// Looks at a node.
    pub fn from_node(node: &'n Node) -> JsonLogicNode<'n> {
        match (&node.kind, node.single_member()) {
            (NodeKind::List(items), _) => JsonLogicNode::List(items),
            (_, Some(member)) => JsonLogicNode::Operation(member),
            (_, None) => JsonLogicNode::Value(node),
        }
    }
}
