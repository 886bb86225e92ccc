//! A rule as written: which nodes are operations, and which are values.

use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;

/// What a node is to `JSONLogic`.
#[derive(Debug, Clone, Copy)]
pub enum Expr<'n> {
    /// A value: anything but an array or an object with one member. An object with several is a value as it stands,
    /// whatever is inside.
    Value(&'n Node),
    /// An array, evaluated item by item.
    List(&'n [Node]),
    /// An object with one member: an operator and its arguments.
    Operation(&'n Member),
}

impl<'n> Expr<'n> {
    /// Looks at a node.
    pub fn of(node: &'n Node) -> Expr<'n> {
        match (&node.kind, node.only_member()) {
            (Kind::List(items), _) => Expr::List(items),
            (_, Some(member)) => Expr::Operation(member),
            (_, None) => Expr::Value(node),
        }
    }
}
