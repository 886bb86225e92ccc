//! What a rule computes with: JSON values, borrowed for one evaluation or owned by a document.
//!
//! No I/O, no coercion rules (those are `rule::coerce`), no wire formats.

use bumpalo::Bump;
use ecow::EcoString;

/// A JSON value that lives as long as one evaluation.
///
/// Small and `Copy`: text, lists and maps are borrowed from the request, the rule or the evaluation's arena.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// JSON `null`, and every attribute that the context does not have.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number; flagd knows only 64-bit floats.
    Number(f64),
    /// A string.
    Text(&'a str),
    /// An array.
    List(&'a [Value<'a>]),
    /// An object, in the order it was written; of equal keys the last one counts.
    Map(&'a [(&'a str, Value<'a>)]),
}

impl<'a> Value<'a> {
    /// The member of a map called `key`; `Null` for every other value.
    pub fn member(self, key: &str) -> Value<'a> {
        let Value::Map(members) = self else {
            return Value::Null;
        };
        let found = members.iter().rev().find(|(name, _)| *name == key);
        found.map_or(Value::Null, |(_, value)| *value)
    }

    /// Whether this is `Null`.
    pub fn is_null(self) -> bool {
        matches!(self, Value::Null)
    }

    /// An owned copy.
    pub fn to_literal(self) -> Literal {
        match self {
            Value::Null => Literal::Null,
            Value::Bool(b) => Literal::Bool(b),
            Value::Number(n) => Literal::Number(n),
            Value::Text(s) => Literal::Text(s.into()),
            Value::List(items) => Literal::List(items.iter().map(|v| v.to_literal()).collect()),
            Value::Map(members) => Literal::Map(
                members
                    .iter()
                    .map(|(k, v)| ((*k).into(), v.to_literal()))
                    .collect(),
            ),
        }
    }
}

/// A JSON value that owns itself: a variant's value, a piece of metadata, a constant of a rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// JSON `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(EcoString),
    /// An array.
    List(Box<[Literal]>),
    /// An object with distinct keys, in the order it was written.
    Map(Members),
}

/// The members of an owned object.
pub type Members = Box<[(EcoString, Literal)]>;

impl Literal {
    /// The number of values in this one, itself included.
    pub fn size(&self) -> usize {
        match self {
            Literal::Null | Literal::Bool(_) | Literal::Number(_) | Literal::Text(_) => 1,
            Literal::List(items) => 1 + items.iter().map(Literal::size).sum::<usize>(),
            Literal::Map(members) => 1 + members.iter().map(|(_, v)| v.size()).sum::<usize>(),
        }
    }

    /// The same value for use in an evaluation; lists and maps are laid out in `arena`.
    pub fn to_value<'a>(&'a self, arena: &'a Bump) -> Value<'a> {
        match self {
            Literal::Null => Value::Null,
            Literal::Bool(b) => Value::Bool(*b),
            Literal::Number(n) => Value::Number(*n),
            Literal::Text(s) => Value::Text(s),
            Literal::List(items) => {
                Value::List(arena.alloc_slice_fill_iter(items.iter().map(|v| v.to_value(arena))))
            }
            Literal::Map(members) => Value::Map(arena.alloc_slice_fill_iter(
                members.iter().map(|(k, v)| (k.as_ref(), v.to_value(arena))),
            )),
        }
    }
}

impl std::hash::Hash for Literal {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Literal::Null => {}
            Literal::Bool(b) => b.hash(state),
            Literal::Number(n) => n.to_bits().hash(state),
            Literal::Text(s) => s.hash(state),
            Literal::List(items) => items.hash(state),
            Literal::Map(members) => members.hash(state),
        }
    }
}
