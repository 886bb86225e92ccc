//! Rules as a machine writes them: only what flagd's schema has and every flagd evaluator computes alike.

use ecow::EcoString;

use crate::diag::Place;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;

/// `{name: arguments}`
pub fn operation(place: Place, name: &str, arguments: Vec<Node>) -> Node {
    let value = list(place, arguments);
    let key = name.into();
    let kind = Kind::Map(vec![Member { key, place, value }]);
    Node { place, kind }
}

/// A string.
pub fn text(place: Place, text: &str) -> Node {
    let kind = Kind::Text(text.into());
    Node { place, kind }
}

/// A whole number.
pub fn number(place: Place, number: i64) -> Node {
    let kind = Kind::Number(number as f64);
    Node { place, kind }
}

/// `null`: the default variant.
pub fn null(place: Place) -> Node {
    let kind = Kind::Null;
    Node { place, kind }
}

/// `true` or `false`.
pub fn truth(place: Place, truth: bool) -> Node {
    let kind = Kind::Bool(truth);
    Node { place, kind }
}

/// An array.
pub fn list(place: Place, items: Vec<Node>) -> Node {
    let kind = Kind::List(items);
    Node { place, kind }
}

/// An array of strings.
pub fn texts(place: Place, items: &[EcoString]) -> Node {
    list(place, items.iter().map(|item| text(place, item)).collect())
}

/// `[name, weight]`: a share of `fractional`.
pub fn share(place: Place, name: &str, weight: u32) -> Node {
    list(
        place,
        vec![text(place, name), number(place, i64::from(weight))],
    )
}

/// `{"var": path}`
pub fn var(place: Place, path: &str) -> Node {
    let value = text(place, path);
    let key = "var".into();
    let kind = Kind::Map(vec![Member { key, place, value }]);
    Node { place, kind }
}

/// Whether the targeting key is one of these.
pub fn any_key(place: Place, keys: &[EcoString]) -> Node {
    operation(
        place,
        "in",
        vec![var(place, "targetingKey"), texts(place, keys)],
    )
}

/// Whether an attribute is one of these names.
///
/// Not `in`, for which the number 0 is in a list of any words in Go; nor `==`, for which Node has no answer to a number and a
/// word.
pub fn any_of(place: Place, attribute: &str, names: &[EcoString]) -> Node {
    let is = |name: &str| {
        let arguments = vec![var(place, attribute), text(place, name)];
        operation(place, "===", arguments)
    };
    any(place, names.iter().map(|name| is(name)).collect())
}

/// Whether `segments`, a list or a single string, shares a member with these.
///
/// `merge` makes a list of both, for `in` would look for a part of a string.
pub fn any_segment(place: Place, segments: &[EcoString]) -> Node {
    let has = |segment: &str| {
        let own = operation(place, "merge", vec![var(place, "segments")]);
        operation(place, "in", vec![text(place, segment), own])
    };
    any(place, segments.iter().map(|name| has(name)).collect())
}

/// Whether one of these conditions holds.
pub fn any(place: Place, mut conditions: Vec<Node>) -> Node {
    match (conditions.len(), conditions.pop()) {
        (_, None) => truth(place, false),
        (1, Some(only)) => only,
        (_, Some(last)) => {
            conditions.push(last);
            operation(place, "or", conditions)
        }
    }
}
