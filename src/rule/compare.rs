//! Equality, order and truth.

use crate::rule::coerce;
use crate::rule::operator::Evaluated;
use crate::rule::operator::Given;
use crate::value::Value;

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Same,
    NotSame,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Whether two values compare so.
    pub fn holds(self, a: Value<'_>, b: Value<'_>) -> bool {
        match self {
            Comparison::Equal => equal(a, b),
            Comparison::NotEqual => !equal(a, b),
            Comparison::Same => same(a, b),
            Comparison::NotSame => !same(a, b),
            Comparison::Less => less(a, b),
            Comparison::LessOrEqual => less(a, b) || equal(a, b),
            Comparison::Greater => less(b, a),
            Comparison::GreaterOrEqual => less(b, a) || equal(b, a),
        }
    }

    /// Whether two values of one type compare so.
    #[inline]
    pub fn orders<T: PartialOrd + ?Sized>(self, a: &T, b: &T) -> bool {
        match self {
            Comparison::Equal | Comparison::Same => a == b,
            Comparison::NotEqual | Comparison::NotSame => a != b,
            Comparison::Less => a < b,
            Comparison::LessOrEqual => a <= b,
            Comparison::Greater => a > b,
            Comparison::GreaterOrEqual => a >= b,
        }
    }

    /// Compares evaluated arguments. With three of them, the second must lie between the others.
    pub fn apply<'a>(self, given: Given<'_, 'a>) -> Evaluated<'a> {
        let strict = matches!(self, Comparison::Same | Comparison::NotSame);
        let values = match given {
            Given::Single(_) if strict => &[],
            _ => given.list()?,
        };
        let holds = match *values {
            [] | [_] => matches!(self, Comparison::NotEqual | Comparison::NotSame),
            [a, b, c] if self.is_order() => self.holds(a, b) && self.holds(b, c),
            [a, b, ..] => self.holds(a, b),
        };
        Ok(Value::Bool(holds))
    }

    fn is_order(self) -> bool {
        match self {
            Comparison::Equal | Comparison::NotEqual | Comparison::Same | Comparison::NotSame => {
                false
            }
            Comparison::Less
            | Comparison::LessOrEqual
            | Comparison::Greater
            | Comparison::GreaterOrEqual => true,
        }
    }
}

fn equal(a: Value<'_>, b: Value<'_>) -> bool {
    match (a, b) {
        (Value::Null, b) => b.is_null(),
        (_, Value::Null) => false,
        (Value::Text(a), Value::Text(b)) => a == b,
        _ => coerce::comparable(a) == coerce::comparable(b),
    }
}

/// Whether two values are of one type and equal; lists and maps are never equal, not even to themselves.
pub fn same(a: Value<'_>, b: Value<'_>) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => a == b,
        _ => false,
    }
}

fn less(a: Value<'_>, b: Value<'_>) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a < b,
        _ => coerce::comparable(a) < coerce::comparable(b),
    }
}

/// The truth of the first argument; `!` of nothing negates the empty list, which is false.
pub fn truth(given: Given<'_, '_>) -> bool {
    match given {
        Given::List(values) => values.first().is_some_and(|v| coerce::truthy(*v)),
        Given::Single(value) => coerce::truthy(value),
    }
}
