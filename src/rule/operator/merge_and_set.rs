//! The operators `merge` and `set`, which build a list or a map from others.

use crate::rule::error::EvalError;
use crate::rule::scope::Args;
use crate::rule::scope::EvalResult;
use crate::rule::scope::Scope;
use crate::value::Value;

/// `merge`: one list out of lists and single values.
pub fn merge<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let values = match args {
        Args::Single(Value::Null | Value::Map(_)) => return Err(EvalError::InvalidArguments),
        Args::Single(value) => return scope.alloc_list(&[value]),
        Args::List(values) => values,
    };
    let len = |value: &Value<'_>| match value {
        Value::List(items) => items.len(),
        _ => 1,
    };
    let total = values.iter().map(len).fold(0, usize::saturating_add);
    // The list is copied once more into the arena.
    scope.spend_for_list(total)?;
    let mut merged = Vec::with_capacity(total);
    for value in values {
        match value {
            Value::List(items) => merged.extend_from_slice(items),
            single => merged.push(*single),
        }
    }
    scope.alloc_list(&merged)
}

/// `set`: a copy of a map with one member replaced.
pub fn set<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    match *args.require_list()? {
        [] => Ok(Value::Null),
        [Value::Map(members), Value::Text(name), value, ..] => {
            scope.spend_for_map(members.len())?;
            scope.spend_steps(members.len() / 4 * (1 + name.len() / 64))?;
            let others = members.iter().filter(|(key, _)| *key != name);
            let mut members: Vec<_> = others.copied().collect();
            members.push((name, value));
            scope.alloc_map(&members)
        }
        [Value::Map(_), _, _, ..] => Err(EvalError::InvalidArguments),
        [first, ..] => Ok(first),
    }
}
