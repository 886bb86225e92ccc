//! JSON values: `Value`, borrowed for one evaluation, and `OwnedValue`, owned by a document.
//!
//! No I/O, no coercion rules (those are `rule::coerce`), no wire formats.

use bumpalo::Bump;
use ecow::EcoString;

/// A JSON value that lives as long as one evaluation.
///
/// Small and `Copy`: text, lists and maps are borrowed from the request, the rule or the evaluation's arena.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// JSON `null`, and the value of attributes that are missing from the context.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number; flagd has only 64-bit floats.
    Number(f64),
    /// A string.
    Text(&'a str),
    /// An array.
    List(&'a [Value<'a>]),
    /// An object, in the order it was written; of equal keys the last one wins.
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

    /// Returns true if this is `Null`.
    pub fn is_null(self) -> bool {
        matches!(self, Value::Null)
    }

    /// An owned copy.
    pub fn to_owned_value(self) -> OwnedValue {
        match self {
            Value::Null => OwnedValue::Null,
            Value::Bool(b) => OwnedValue::Bool(b),
            Value::Number(n) => OwnedValue::Number(n),
            Value::Text(s) => OwnedValue::Text(s.into()),
            Value::List(items) => {
                OwnedValue::List(items.iter().map(|v| v.to_owned_value()).collect())
            }
            Value::Map(members) => OwnedValue::Map(
                members
                    .iter()
                    .map(|(k, v)| ((*k).into(), v.to_owned_value()))
                    .collect(),
            ),
        }
    }
}

/// An owned JSON value: the value of a variant, a metadata value, or a constant of a rule.
#[derive(Debug, Clone, PartialEq)]
pub enum OwnedValue {
    /// JSON `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(EcoString),
    /// An array.
    List(Box<[OwnedValue]>),
    /// An object with distinct keys, in the order it was written.
    Map(OwnedMap),
}

/// The members of an owned object.
pub type OwnedMap = Box<[(EcoString, OwnedValue)]>;

impl OwnedValue {
    /// The number of values in this value, itself included.
    pub fn size(&self) -> usize {
        match self {
            OwnedValue::Null
            | OwnedValue::Bool(_)
            | OwnedValue::Number(_)
            | OwnedValue::Text(_) => 1,
            OwnedValue::List(items) => 1 + items.iter().map(OwnedValue::size).sum::<usize>(),
            OwnedValue::Map(members) => 1 + members.iter().map(|(_, v)| v.size()).sum::<usize>(),
        }
    }

    /// The value for use in an evaluation; lists and maps are allocated in `arena`.
    pub fn to_value<'a>(&'a self, arena: &'a Bump) -> Value<'a> {
        match self {
            OwnedValue::Null => Value::Null,
            OwnedValue::Bool(b) => Value::Bool(*b),
            OwnedValue::Number(n) => Value::Number(*n),
            OwnedValue::Text(s) => Value::Text(s),
            OwnedValue::List(items) => {
                Value::List(arena.alloc_slice_fill_iter(items.iter().map(|v| v.to_value(arena))))
            }
            OwnedValue::Map(members) => Value::Map(arena.alloc_slice_fill_iter(
                members.iter().map(|(k, v)| (k.as_ref(), v.to_value(arena))),
            )),
        }
    }
}

impl std::hash::Hash for OwnedValue {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            OwnedValue::Null => {}
            OwnedValue::Bool(b) => b.hash(state),
            OwnedValue::Number(n) => n.to_bits().hash(state),
            OwnedValue::Text(s) => s.hash(state),
            OwnedValue::List(items) => items.hash(state),
            OwnedValue::Map(members) => members.hash(state),
        }
    }
}
