//! The membership operators `in`, `contains_all`, `contains_any` and `contains_none`.

use crate::rule::error::EvalError;
use crate::rule::operator::comparison;
use crate::rule::scope::Args;
use crate::rule::scope::EvalResult;
use crate::rule::scope::Scope;
use crate::value::Value;

/// `in`: a part of a string, or an item of a list.
pub fn contains<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let needle = args.require(0)?;
    let found = match args.require(1).unwrap_or(Value::Null) {
        Value::Text(hay) => match needle {
            Value::Text(needle) => {
                scope.spend_for_scan(hay.len())?;
                scope.spend_for_scan(needle.len())?;
                hay.contains(needle)
            }
            _ => return Err(EvalError::InvalidArguments),
        },
        Value::List(items) => {
            scope.spend_steps(search_cost(items, needle))?;
            list_contains(needle, items, scope)?
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Map(_) => false,
    };
    Ok(Value::Bool(found))
}

/// Returns true if an item equals `needle`. An item that is itself a list is a range, its ends included.
fn list_contains(
    needle: Value<'_>,
    items: &[Value<'_>],
    scope: &Scope<'_, '_>,
) -> Result<bool, EvalError> {
    for item in items {
        let hit = match (*item, needle) {
            (Value::List(range), _) => is_in_range(needle, range, scope)?,
            (item, Value::Number(n)) => {
                scope.spend_steps(1)?;
                scope.to_arithmetic_number(item)? == n
            }
            (Value::Map(_), Value::Map(_)) => return Err(EvalError::InvalidArguments),
            (item, needle) => comparison::strictly_equal(item, needle),
        };
        if hit {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_in_range(
    needle: Value<'_>,
    range: &[Value<'_>],
    scope: &Scope<'_, '_>,
) -> Result<bool, EvalError> {
    scope.spend_steps(2)?;
    let [low, high, ..] = range else {
        return Err(EvalError::InvalidArguments);
    };
    let number = scope.to_arithmetic_number(needle)?;
    Ok(number >= scope.to_arithmetic_number(*low)? && scope.to_arithmetic_number(*high)? >= number)
}

/// `contains_all`: every item of the second list is in the first.
pub fn contains_all<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let Args::List([Value::List(all), Value::List(wanted)]) = args else {
        return Ok(Value::Bool(false));
    };
    for item in *wanted {
        scope.spend_steps(search_cost(all, *item))?;
        if !contains_strictly_equal(all, *item)? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

/// `contains_any`: some item of the second list is in the first.
pub fn contains_any<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let Args::List([Value::List(all), Value::List(wanted)]) = args else {
        return Ok(Value::Bool(false));
    };
    for item in *wanted {
        scope.spend_steps(search_cost(all, *item))?;
        if contains_strictly_equal(all, *item)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

/// `contains_none`: no item of the second list is in the first.
pub fn contains_none<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    match contains_any(args, scope)? {
        Value::Bool(any) => Ok(Value::Bool(!any)),
        other => Ok(other),
    }
}

/// The steps to compare `wanted` with each item.
fn search_cost(items: &[Value<'_>], wanted: Value<'_>) -> usize {
    let len = match wanted {
        Value::Text(text) => text.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Map(_) => 0,
    };
    (items.len() / 4 + 1).saturating_mul(1 + len / 64)
}

fn contains_strictly_equal(items: &[Value<'_>], wanted: Value<'_>) -> Result<bool, EvalError> {
    for item in items {
        match (*item, wanted) {
            (Value::Map(_), Value::Map(_)) | (Value::List(_), Value::List(_)) => {
                return Err(EvalError::InvalidArguments);
            }
            (item, wanted) if comparison::strictly_equal(item, wanted) => return Ok(true),
            _ => {}
        }
    }
    Ok(false)
}
