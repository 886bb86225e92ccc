//! The comparison operators, strict and loose equality, and the truth of `!` and `!!`.

use crate::rule::coerce;
use crate::rule::error::EvalError;
use crate::rule::scope::Args;
use crate::rule::scope::EvalResult;
use crate::rule::scope::Scope;
use crate::value::Value;

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparisonOp {
    Equal,
    NotEqual,
    StrictEqual,
    StrictNotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl ComparisonOp {
    /// Returns true if the comparison of `a` with `b` holds.
    pub fn compare(self, a: Value<'_>, b: Value<'_>) -> bool {
        match self {
            ComparisonOp::Equal => loosely_equal(a, b),
            ComparisonOp::NotEqual => !loosely_equal(a, b),
            ComparisonOp::StrictEqual => strictly_equal(a, b),
            ComparisonOp::StrictNotEqual => !strictly_equal(a, b),
            ComparisonOp::Less => less_than(a, b),
            ComparisonOp::LessOrEqual => less_than(a, b) || loosely_equal(a, b),
            ComparisonOp::Greater => less_than(b, a),
            ComparisonOp::GreaterOrEqual => less_than(b, a) || loosely_equal(b, a),
        }
    }

    /// [`ComparisonOp::compare`], charged to the evaluation's budget.
    ///
    /// # Errors
    /// If the budget is exhausted.
    pub fn compare_charged(
        self,
        a: Value<'_>,
        b: Value<'_>,
        scope: &Scope<'_, '_>,
    ) -> Result<bool, EvalError> {
        if let (Value::Text(a), Value::Text(b)) = (a, b) {
            scope.spend_for_compare(if a.len() < b.len() { a } else { b })?;
        } else {
            scope.spend_for_number(a)?;
            scope.spend_for_number(b)?;
        }
        Ok(self.compare(a, b))
    }

    /// Returns true if the comparison of two values of one type holds.
    #[inline]
    pub fn compare_same_type<T: PartialOrd + ?Sized>(self, a: &T, b: &T) -> bool {
        match self {
            ComparisonOp::Equal | ComparisonOp::StrictEqual => a == b,
            ComparisonOp::NotEqual | ComparisonOp::StrictNotEqual => a != b,
            ComparisonOp::Less => a < b,
            ComparisonOp::LessOrEqual => a <= b,
            ComparisonOp::Greater => a > b,
            ComparisonOp::GreaterOrEqual => a >= b,
        }
    }

    /// Compares evaluated arguments. With three of them, the second must be between the others.
    pub fn apply<'a>(self, args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
        let strict = matches!(
            self,
            ComparisonOp::StrictEqual | ComparisonOp::StrictNotEqual
        );
        let values = match args {
            Args::Single(_) if strict => &[],
            _ => args.require_list()?,
        };
        let holds = match *values {
            [] | [_] => matches!(self, ComparisonOp::NotEqual | ComparisonOp::StrictNotEqual),
            [a, b, c] if self.is_ordering() => {
                self.compare_charged(a, b, scope)? && self.compare_charged(b, c, scope)?
            }
            [a, b, ..] => self.compare_charged(a, b, scope)?,
        };
        Ok(Value::Bool(holds))
    }

    fn is_ordering(self) -> bool {
        match self {
            ComparisonOp::Equal
            | ComparisonOp::NotEqual
            | ComparisonOp::StrictEqual
            | ComparisonOp::StrictNotEqual => false,
            ComparisonOp::Less
            | ComparisonOp::LessOrEqual
            | ComparisonOp::Greater
            | ComparisonOp::GreaterOrEqual => true,
        }
    }
}

fn loosely_equal(a: Value<'_>, b: Value<'_>) -> bool {
    match (a, b) {
        (Value::Null, b) => b.is_null(),
        (_, Value::Null) => false,
        (Value::Text(a), Value::Text(b)) => a == b,
        _ => coerce::to_comparable_number(a) == coerce::to_comparable_number(b),
    }
}

/// Returns true if two values are of one type and equal; lists and maps are never equal, not even to themselves.
pub fn strictly_equal(a: Value<'_>, b: Value<'_>) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => a == b,
        _ => false,
    }
}

fn less_than(a: Value<'_>, b: Value<'_>) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a < b,
        _ => coerce::to_comparable_number(a) < coerce::to_comparable_number(b),
    }
}

/// The truth of the first argument; false without arguments, as for the empty list.
pub fn first_is_truthy(args: Args<'_, '_>) -> bool {
    match args {
        Args::List(values) => values.first().is_some_and(|v| coerce::is_truthy(*v)),
        Args::Single(value) => coerce::is_truthy(value),
    }
}
