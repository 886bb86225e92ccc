//! `missing` and `missing_some`, and the lookup of data by a name that is known only at evaluation.

use crate::number;
use crate::rule::error::EvalError;
use crate::rule::scope::Args;
use crate::rule::scope::EvalResult;
use crate::rule::scope::Scope;
use crate::rule::scope::ScopeData;
use crate::rule::text_buffer::TextBuffer;
use crate::value::Value;

/// `missing`: the names whose values are null.
pub fn missing<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let data = scope_data_value(scope);
    match args {
        Args::Single(name @ Value::Text(_)) => {
            scope.alloc_list(&absent_names(&[name], data, scope)?)
        }
        Args::Single(_) => Err(EvalError::InvalidArguments),
        Args::List(names) => scope.alloc_list(&absent_names(names, data, scope)?),
    }
}

/// `missing_some`: the empty list if enough of the named values are present, otherwise the names of those that are
/// null.
pub fn missing_some<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let enough = scope.to_arithmetic_number(args.require(0)?)?;
    let Value::List(names) = args.require(1)? else {
        return Err(EvalError::InvalidArguments);
    };
    let absent = absent_names(names, scope_data_value(scope), scope)?;
    let present = i64::try_from(names.len() - absent.len()).unwrap_or(i64::MAX);
    if number::truncate_to_i64(enough) > present {
        scope.alloc_list(&absent)
    } else {
        scope.alloc_list(&[])
    }
}

fn absent_names<'a>(
    names: &[Value<'a>],
    data: Value<'a>,
    scope: &Scope<'_, 'a>,
) -> Result<Vec<Value<'a>>, EvalError> {
    scope.spend_for_list(names.len())?;
    let mut absent = Vec::new();
    for name in names {
        if lookup_by_value(*name, data, scope)?.is_null() {
            absent.push(*name);
        }
    }
    Ok(absent)
}

/// `var` with computed arguments.
pub fn lookup_by_value<'a>(
    arguments: Value<'a>,
    data: Value<'a>,
    scope: &Scope<'_, 'a>,
) -> EvalResult<'a> {
    let (name, default) = match arguments {
        Value::Null => return Ok(scalar_or_null(data)),
        Value::Text(name) => (name, Value::Null),
        Value::Number(n) => {
            let mut name = TextBuffer::default();
            number::write_decimal(&mut name, n);
            return lookup_path(name.as_str(), data, scope);
        }
        Value::List([]) => return Ok(data),
        Value::List([Value::Text(name), default]) => (*name, *default),
        Value::List([Value::Text(name), ..]) => (*name, Value::Null),
        Value::Bool(_) | Value::Map(_) if data.is_null() => return Ok(Value::Null),
        Value::List(_) | Value::Bool(_) | Value::Map(_) => return Err(EvalError::InvalidArguments),
    };
    let found = lookup_path(name, data, scope)?;
    Ok(if found.is_null() { default } else { found })
}

fn lookup_path<'a>(name: &str, data: Value<'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    scope.spend_steps(name.len() / 2)?;
    let mut parts = name.split('.').filter(|part| !part.is_empty());
    parts.try_fold(data, |value, part| scope.lookup_path_segment(value, part))
}

/// The value if it is a scalar, otherwise null.
pub fn scalar_or_null(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Null | Value::List(_) | Value::Map(_) => Value::Null,
        Value::Bool(_) | Value::Number(_) | Value::Text(_) => value,
    }
}

/// The data as one value. Compilation adds the full context to the read set of rules that call this function.
pub fn scope_data_value<'a>(scope: &Scope<'_, 'a>) -> Value<'a> {
    match scope.data {
        ScopeData::Context => scope.context.full_context(),
        ScopeData::Item(item) => item,
    }
}
