//! JSON values as syntax-tree nodes without positions: constructors and a parser.

use ecow::EcoString;

use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::json_parser;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::value::OwnedValue;

/// Parses a JSON text.
///
/// # Errors
/// If the text is not JSON; the error names each position.
pub fn parse(text: &str) -> anyhow::Result<Node> {
    let mut report = DiagnosticSink::new("response".into());
    let node = json_parser::parse(text, &mut report);
    node.ok_or_else(|| {
        let found: Vec<String> = report.finish().iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}", found.join("; "))
    })
}

/// Converts an owned value.
pub fn from_literal(literal: &OwnedValue) -> Node {
    match literal {
        OwnedValue::Null => null(),
        OwnedValue::Bool(b) => boolean(*b),
        OwnedValue::Number(n) => number(*n),
        OwnedValue::Text(text) => string(text.clone()),
        OwnedValue::List(items) => array(items.iter().map(from_literal)),
        OwnedValue::Map(members) => {
            object(members.iter().map(|(name, v)| (&**name, from_literal(v))))
        }
    }
}

/// An object with these members, in this order.
pub fn object<'m>(members: impl IntoIterator<Item = (&'m str, Node)>) -> Node {
    let members = members.into_iter();
    node(NodeKind::Map(
        members.map(|(key, value)| new_member(key, value)).collect(),
    ))
}

/// Inserts a member before the others; values other than objects stay unchanged.
pub fn insert_first(object: &mut Node, key: &str, value: Node) {
    if let NodeKind::Map(members) = &mut object.kind {
        members.insert(0, new_member(key, value));
    }
}

fn new_member(key: &str, value: Node) -> Member {
    Member {
        key: key.into(),
        position: Position::START,
        value,
    }
}

/// An array.
pub fn array(items: impl IntoIterator<Item = Node>) -> Node {
    node(NodeKind::List(items.into_iter().collect()))
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
pub fn boolean(value: bool) -> Node {
    node(NodeKind::Bool(value))
}

/// `null`
pub fn null() -> Node {
    node(NodeKind::Null)
}

fn node(kind: NodeKind) -> Node {
    Node {
        position: Position::START,
        kind,
    }
}

/// The string member of an object by its key; empty if the member is missing or not a string.
pub fn member_str<'n>(node: &'n Node, key: &str) -> &'n str {
    node.member(key).and_then(Node::as_text).unwrap_or("")
}
