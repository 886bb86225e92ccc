//! What `flagctl` has found, as values that can be printed.

use ecow::EcoString;

use crate::diag::Place;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::value::Literal;

/// A value.
pub fn value(literal: &Literal) -> Node {
    match literal {
        Literal::Null => node(Kind::Null),
        Literal::Bool(b) => node(Kind::Bool(*b)),
        Literal::Number(n) => number(*n),
        Literal::Text(text) => node(Kind::Text(text.clone())),
        Literal::List(items) => list(items.iter().map(value)),
        Literal::Map(members) => object(members.iter().map(|(name, v)| (&**name, value(v)))),
    }
}

/// An object of these members.
pub fn object<'m>(members: impl IntoIterator<Item = (&'m str, Node)>) -> Node {
    let member = |(name, value): (&str, Node)| Member {
        key: name.into(),
        place: Place::START,
        value,
    };
    node(Kind::Map(members.into_iter().map(member).collect()))
}

/// A string.
pub fn text(text: impl Into<EcoString>) -> Node {
    node(Kind::Text(text.into()))
}

/// A number.
pub fn number(number: f64) -> Node {
    node(Kind::Number(number))
}

/// A boolean.
pub fn truth(truth: bool) -> Node {
    node(Kind::Bool(truth))
}

/// A list.
pub fn list(items: impl IntoIterator<Item = Node>) -> Node {
    node(Kind::List(items.into_iter().collect()))
}

fn node(kind: Kind) -> Node {
    let place = Place::START;
    Node { place, kind }
}
