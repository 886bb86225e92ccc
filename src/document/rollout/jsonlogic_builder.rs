//! Rules as a machine writes them: only what flagd's schema has and every flagd evaluator computes alike.

use ecow::EcoString;

use crate::diag::Position;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// `{name: arguments}`
pub fn operation(place: Position, name: &str, arguments: Vec<Node>) -> Node {
    let value = array(place, arguments);
    let key = name.into();
    let kind = NodeKind::Map(vec![Member {
        key,
        position: place,
        value,
    }]);
    Node {
        position: place,
        kind,
    }
}

/// A string.
pub fn string(place: Position, text: &str) -> Node {
    let kind = NodeKind::Text(text.into());
    Node {
        position: place,
        kind,
    }
}

/// A whole number.
pub fn number(place: Position, number: i64) -> Node {
    let kind = NodeKind::Number(number as f64);
    Node {
        position: place,
        kind,
    }
}

/// `null`: the default variant.
pub fn null(place: Position) -> Node {
    let kind = NodeKind::Null;
    Node {
        position: place,
        kind,
    }
}

/// `true` or `false`.
pub fn boolean(place: Position, truth: bool) -> Node {
    let kind = NodeKind::Bool(truth);
    Node {
        position: place,
        kind,
    }
}

/// An array.
pub fn array(place: Position, items: Vec<Node>) -> Node {
    let kind = NodeKind::List(items);
    Node {
        position: place,
        kind,
    }
}

/// An array of strings.
pub fn string_array(place: Position, items: &[EcoString]) -> Node {
    array(
        place,
        items.iter().map(|item| string(place, item)).collect(),
    )
}

/// `[name, weight]`: a share of `fractional`.
pub fn weighted_variant(place: Position, name: &str, weight: u32) -> Node {
    array(
        place,
        vec![string(place, name), number(place, i64::from(weight))],
    )
}

/// `{"var": path}`
pub fn var(place: Position, path: &str) -> Node {
    let value = string(place, path);
    let key = "var".into();
    let kind = NodeKind::Map(vec![Member {
        key,
        position: place,
        value,
    }]);
    Node {
        position: place,
        kind,
    }
}

/// Whether the targeting key is one of these.
pub fn targeting_key_in(place: Position, keys: &[EcoString]) -> Node {
    operation(
        place,
        "in",
        vec![var(place, "targetingKey"), string_array(place, keys)],
    )
}

/// Whether an attribute is one of these names.
///
/// Not `in`, for which the number 0 is in a list of any words in Go; nor `==`, for which Node has no answer to a number and a
/// word.
pub fn attribute_equals_any(place: Position, attribute: &str, names: &[EcoString]) -> Node {
    let is = |name: &str| {
        let arguments = vec![var(place, attribute), string(place, name)];
        operation(place, "===", arguments)
    };
    or(place, names.iter().map(|name| is(name)).collect())
}

/// Whether `segments`, a list or a single string, shares a member with these.
///
/// `merge` makes a list of both, for `in` would look for a part of a string.
pub fn has_any_segment(place: Position, segments: &[EcoString]) -> Node {
    let has = |segment: &str| {
        let own = operation(place, "merge", vec![var(place, "segments")]);
        operation(place, "in", vec![string(place, segment), own])
    };
    or(place, segments.iter().map(|name| has(name)).collect())
}

/// Whether one of these conditions holds.
pub fn or(place: Position, mut conditions: Vec<Node>) -> Node {
    match (conditions.len(), conditions.pop()) {
        (_, None) => boolean(place, false),
        (1, Some(only)) => only,
        (_, Some(last)) => {
            conditions.push(last);
            operation(place, "or", conditions)
        }
    }
}
