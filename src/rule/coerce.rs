//! Type coercion as in flagd's `JSONLogic` library: to truth, to text, and to two kinds of numbers.

use crate::number;
use crate::rule::error::EvalError;
use crate::value::Value;

/// Returns true if a value counts as true: if it is not null, `false`, zero or empty.
pub fn is_truthy(value: Value<'_>) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => b,
        Value::Number(n) => n != 0.0,
        Value::Text(s) => !s.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(members) => !members.is_empty(),
    }
}

/// The number that arithmetic works with: text that is not a number is 0, other types are an error.
pub fn to_arithmetic_number(value: Value<'_>) -> Result<f64, EvalError> {
    match value {
        Value::Number(n) => Ok(n),
        Value::Text(s) => Ok(number::parse_or_zero(s)),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) => {
            Err(EvalError::InvalidArguments)
        }
    }
}

/// The number that comparisons work with: text that is not a number is NaN, and so are lists and maps.
pub fn to_comparable_number(value: Value<'_>) -> f64 {
    match value {
        Value::Null => 0.0,
        Value::Bool(b) => f64::from(u8::from(b)),
        Value::Number(n) => n,
        Value::Text(s) if s.trim().is_empty() => 0.0,
        Value::Text(s) => number::parse(s).unwrap_or(f64::NAN),
        Value::List(_) | Value::Map(_) => f64::NAN,
    }
}

/// Appends a value as text: null is empty, numbers have no exponent, other types are an error.
pub fn write_text(out: &mut impl std::fmt::Write, value: Value<'_>) -> Result<(), EvalError> {
    match value {
        Value::Null => {}
        Value::Text(s) => out.write_str(s).map_err(|_| EvalError::InvalidArguments)?,
        Value::Number(n) => number::write_decimal(out, n),
        Value::Bool(_) | Value::List(_) | Value::Map(_) => return Err(EvalError::InvalidArguments),
    }
    Ok(())
}
