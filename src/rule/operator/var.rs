//! `var`, `missing` and `missing_some`: reading data by name.

use crate::context::lookup_path_segment;
use crate::rule::EvalError;
use crate::rule::Rule;
use crate::rule::eval::Scope;
use crate::rule::eval::ScopeData;
use crate::rule::eval::ScopeFrame;
use crate::rule::eval::eval;
use crate::rule::operator::Args;
use crate::rule::operator::EvalResult;
use crate::value::Value;

/// A read that is more than one slot of the context.
#[derive(Debug, Clone)]
pub struct Var {
    /// What is read.
    pub target: VarTarget,
    /// What counts if it is null.
    pub default: Option<Rule>,
    /// Whether only the innermost data counts: the empty name, and names that begin with a dot.
    pub innermost_only: bool,
}

/// What a read asks for.
#[derive(Debug, Clone)]
pub enum VarTarget {
    /// All of the data.
    WholeData,
    /// All of the data if it is a plain value: `{"var": null}`.
    ScalarData,
    /// A member, an item, or one of theirs.
    Path(Box<[Box<str>]>, ContextLookup),
    /// Whatever the arguments of `var` turn out to be.
    Computed(Box<Rule>),
}

/// What a read finds in the evaluation context.
#[derive(Debug, Clone)]
pub enum ContextLookup {
    /// What stands in this slot.
    Slot(u16),
    /// This constant, such as the flag's key.
    Constant(Box<Rule>),
}

/// The value that `var` reads.
pub fn eval_var<'a>(var: &'a Var, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    if !var.innermost_only {
        let outer = eval_in_outer_frames(var, scope.frames, scope)?;
        if !outer.is_null() {
            return Ok(outer);
        }
    }
    eval_in_data(var, scope.data, scope)
}

/// What the enclosing list operations have written in place of `var`; null if nothing.
pub fn eval_in_outer_frames<'a>(
    var: &'a Var,
    frame: Option<&ScopeFrame<'_, 'a>>,
    scope: &Scope<'_, 'a>,
) -> EvalResult<'a> {
    let Some(frame) = frame else {
        return Ok(Value::Null);
    };
    let older = eval_in_outer_frames(var, frame.outer, scope)?;
    if older.is_null() {
        eval_in_data(var, frame.data, scope)
    } else {
        Ok(older)
    }
}

fn eval_in_data<'a>(var: &'a Var, data: ScopeData<'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let scope = Scope {
        data,
        frames: None,
        ..*scope
    };
    let found = match (&var.target, data) {
        (VarTarget::Computed(name), _) => {
            return lookup_by_value(eval(name, &scope)?, scope_data_value(&scope));
        }
        (VarTarget::ScalarData, _) => scalar_or_null(scope_data_value(&scope)),
        (VarTarget::WholeData, _) => scope_data_value(&scope),
        (VarTarget::Path(_, ContextLookup::Slot(slot)), ScopeData::Context) => {
            scope.context.slot(*slot)
        }
        (VarTarget::Path(_, ContextLookup::Constant(rule)), ScopeData::Context) => {
            eval(rule, &scope)?
        }
        (VarTarget::Path(path, _), ScopeData::Item(item)) => path
            .iter()
            .fold(item, |v, part| lookup_path_segment(v, part)),
    };
    // The default is evaluated even when it is not needed: its faults count.
    let default = var.default.as_ref().map(|rule| eval(rule, &scope));
    match default {
        Some(default) if found.is_null() => default,
        Some(default) => default.map(|_| found),
        None => Ok(found),
    }
}

fn scalar_or_null(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Null | Value::List(_) | Value::Map(_) => Value::Null,
        Value::Bool(_) | Value::Number(_) | Value::Text(_) => value,
    }
}

/// `var` with arguments that are known only now.
fn lookup_by_value<'a>(arguments: Value<'a>, data: Value<'a>) -> EvalResult<'a> {
    let (name, default) = match arguments {
        Value::Null => return Ok(scalar_or_null(data)),
        Value::Text(name) => (name, Value::Null),
        Value::Number(n) => {
            let mut name = crate::rule::operator::string_ops::TextBuffer::default();
            crate::number::write_decimal(&mut name, n);
            return Ok(lookup_path(name.as_str(), data));
        }
        Value::List([]) => return Ok(data),
        Value::List([Value::Text(name), default]) => (*name, *default),
        Value::List([Value::Text(name), ..]) => (*name, Value::Null),
        Value::Bool(_) | Value::Map(_) if data.is_null() => return Ok(Value::Null),
        Value::List(_) | Value::Bool(_) | Value::Map(_) => return Err(EvalError::InvalidArguments),
    };
    let found = lookup_path(name, data);
    Ok(if found.is_null() { default } else { found })
}

fn lookup_path<'a>(name: &str, data: Value<'a>) -> Value<'a> {
    let parts = name.split('.').filter(|part| !part.is_empty());
    parts.fold(data, lookup_path_segment)
}

/// `missing`: which of the named values are null.
pub fn missing<'a>(given: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let data = scope_data_value(scope);
    match given {
        Args::Single(name @ Value::Text(_)) => {
            scope.alloc_list(&absent_names(&[name], data, scope)?)
        }
        Args::Single(_) => Err(EvalError::InvalidArguments),
        Args::List(names) => scope.alloc_list(&absent_names(names, data, scope)?),
    }
}

/// `missing_some`: nothing if enough of the named values are there, otherwise those that are not.
pub fn missing_some<'a>(given: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let enough = crate::rule::coerce::to_arithmetic_number(given.require(0)?)?;
    let Value::List(names) = given.require(1)? else {
        return Err(EvalError::InvalidArguments);
    };
    let absent = absent_names(names, scope_data_value(scope), scope)?;
    let present = i64::try_from(names.len() - absent.len()).unwrap_or(i64::MAX);
    if crate::number::truncate_to_i64(enough) > present {
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
    scope.spend_steps(names.len())?;
    let mut absent = Vec::new();
    for name in names {
        if lookup_by_value(*name, data)?.is_null() {
            absent.push(*name);
        }
    }
    Ok(absent)
}

/// The data as one value. A flag whose rules get here has asked for the whole context.
fn scope_data_value<'a>(scope: &Scope<'_, 'a>) -> Value<'a> {
    match scope.data {
        ScopeData::Context => scope.context.full_context(),
        ScopeData::Item(item) => item,
    }
}
