//! Builders of `JSONLogic` nodes: only operators that flagd's schema allows and all flagd evaluators compute alike.

use ecow::EcoString;

use crate::diag::Position;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// `{name: arguments}`
pub fn operation(position: Position, name: &str, arguments: Vec<Node>) -> Node {
    let value = array(position, arguments);
    let key = name.into();
    let kind = NodeKind::Map(vec![Member {
        key,
        position,
        value,
    }]);
    Node { position, kind }
}

/// A string.
pub fn string(position: Position, text: &str) -> Node {
    let kind = NodeKind::Text(text.into());
    Node { position, kind }
}

/// A whole number.
pub fn number(position: Position, number: i64) -> Node {
    let kind = NodeKind::Number(number as f64);
    Node { position, kind }
}

/// `null`: the default variant.
pub fn null(position: Position) -> Node {
    let kind = NodeKind::Null;
    Node { position, kind }
}

/// `true` or `false`.
pub fn boolean(position: Position, truth: bool) -> Node {
    let kind = NodeKind::Bool(truth);
    Node { position, kind }
}

/// An array.
pub fn array(position: Position, items: Vec<Node>) -> Node {
    let kind = NodeKind::List(items);
    Node { position, kind }
}

/// An array of strings.
pub fn string_array(position: Position, items: &[EcoString]) -> Node {
    array(
        position,
        items.iter().map(|item| string(position, item)).collect(),
    )
}

/// `[name, weight]`: a share of `fractional`.
pub fn weighted_variant(position: Position, name: &str, weight: u32) -> Node {
    array(
        position,
        vec![string(position, name), number(position, i64::from(weight))],
    )
}

/// `{"var": path}`
pub fn var(position: Position, path: &str) -> Node {
    let value = string(position, path);
    let key = "var".into();
    let kind = NodeKind::Map(vec![Member {
        key,
        position,
        value,
    }]);
    Node { position, kind }
}

/// True if the targeting key is one of these.
pub fn targeting_key_in(position: Position, keys: &[EcoString]) -> Node {
    operation(
        position,
        "in",
        vec![var(position, "targetingKey"), string_array(position, keys)],
    )
}

/// True if an attribute is one of these names.
///
/// Not `in`, for which Go finds the number 0 in any list of strings; not `==`, which fails in Node for a number and a
/// string.
pub fn attribute_equals_any(position: Position, attribute: &str, names: &[EcoString]) -> Node {
    let is = |name: &str| {
        let arguments = vec![var(position, attribute), string(position, name)];
        operation(position, "===", arguments)
    };
    or(position, names.iter().map(|name| is(name)).collect())
}

/// True if `segments`, a list or a single string, shares a member with these.
///
/// `merge` makes a list of both forms, because `in` on a string searches for a substring.
pub fn has_any_segment(position: Position, segments: &[EcoString]) -> Node {
    let has = |segment: &str| {
        let own = operation(position, "merge", vec![var(position, "segments")]);
        operation(position, "in", vec![string(position, segment), own])
    };
    or(position, segments.iter().map(|name| has(name)).collect())
}

/// True if one of these conditions holds.
pub fn or(position: Position, mut conditions: Vec<Node>) -> Node {
    match (conditions.len(), conditions.pop()) {
        (_, None) => boolean(position, false),
        (1, Some(only)) => only,
        (_, Some(last)) => {
            conditions.push(last);
            operation(position, "or", conditions)
        }
    }
}
