//! What `flagctl` has found, as values that can be printed.

use ecow::EcoString;

use crate::diag::Position;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::value::OwnedValue;

/// A value.
pub fn from_literal(literal: &OwnedValue) -> Node {
    match literal {
        OwnedValue::Null => node(NodeKind::Null),
        OwnedValue::Bool(b) => node(NodeKind::Bool(*b)),
        OwnedValue::Number(n) => number(*n),
        OwnedValue::Text(text) => node(NodeKind::Text(text.clone())),
        OwnedValue::List(items) => array(items.iter().map(from_literal)),
        OwnedValue::Map(members) => {
            object(members.iter().map(|(name, v)| (&**name, from_literal(v))))
        }
    }
}

/// An object of these members.
pub fn object<'m>(members: impl IntoIterator<Item = (&'m str, Node)>) -> Node {
    let member = |(name, value): (&str, Node)| Member {
        key: name.into(),
        position: Position::START,
        value,
    };
    node(NodeKind::Map(members.into_iter().map(member).collect()))
}

/// A string.
pub fn string(text: impl Into<EcoString>) -> Node {
    node(NodeKind::Text(text.into()))
}

/// A number.
pub fn number(number: f64) -> Node {
    node(NodeKind::Number(number))
}

/// A boolean.
pub fn boolean(truth: bool) -> Node {
    node(NodeKind::Bool(truth))
}

/// A list.
pub fn array(items: impl IntoIterator<Item = Node>) -> Node {
    node(NodeKind::List(items.into_iter().collect()))
}

fn node(kind: NodeKind) -> Node {
    let place = Position::START;
    Node {
        position: place,
        kind,
    }
}
