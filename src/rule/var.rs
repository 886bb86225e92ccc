//! `var`, `missing` and `missing_some`: reading data by name.

use crate::context::step;
use crate::rule::Fault;
use crate::rule::Rule;
use crate::rule::eval::Data;
use crate::rule::eval::Frame;
use crate::rule::eval::Scope;
use crate::rule::eval::eval;
use crate::rule::operator::Evaluated;
use crate::rule::operator::Given;
use crate::value::Value;

/// A read that is more than one slot of the context.
#[derive(Debug, Clone)]
pub struct Var {
    /// What is read.
    pub name: Name,
    /// What counts if it is null.
    pub default: Option<Rule>,
    /// Whether only the innermost data counts: the empty name, and names that begin with a dot.
    pub local: bool,
}

/// What a read asks for.
#[derive(Debug, Clone)]
pub enum Name {
    /// All of the data.
    Whole,
    /// All of the data if it is a plain value: `{"var": null}`.
    Plain,
    /// A member, an item, or one of theirs.
    Path(Box<[Box<str>]>, Root),
    /// Whatever the arguments of `var` turn out to be.
    Computed(Box<Rule>),
}

/// What a read finds in the evaluation context.
#[derive(Debug, Clone)]
pub enum Root {
    /// What stands in this slot.
    Slot(u16),
    /// This constant, such as the flag's key.
    Constant(Box<Rule>),
}

/// The value that `var` reads.
pub fn read<'a>(var: &'a Var, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    if !var.local {
        let outer = read_outer(var, scope.frames, scope)?;
        if !outer.is_null() {
            return Ok(outer);
        }
    }
    read_in(var, scope.data, scope)
}

/// What the enclosing list operations have written in place of `var`; null if nothing.
pub fn read_outer<'a>(
    var: &'a Var,
    frame: Option<&Frame<'_, 'a>>,
    scope: &Scope<'_, 'a>,
) -> Evaluated<'a> {
    let Some(frame) = frame else {
        return Ok(Value::Null);
    };
    let older = read_outer(var, frame.older, scope)?;
    if older.is_null() {
        read_in(var, frame.data, scope)
    } else {
        Ok(older)
    }
}

fn read_in<'a>(var: &'a Var, data: Data<'a>, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    let scope = Scope {
        data,
        frames: None,
        ..*scope
    };
    let found = match (&var.name, data) {
        (Name::Computed(name), _) => return by_value(eval(name, &scope)?, data_of(&scope)),
        (Name::Plain, _) => plain(data_of(&scope)),
        (Name::Whole, _) => data_of(&scope),
        (Name::Path(_, Root::Slot(slot)), Data::Root) => scope.context.slot(*slot),
        (Name::Path(_, Root::Constant(rule)), Data::Root) => eval(rule, &scope)?,
        (Name::Path(path, _), Data::Item(item)) => path.iter().fold(item, |v, part| step(v, part)),
    };
    // The default is evaluated even when it is not needed: its faults count.
    let default = var.default.as_ref().map(|rule| eval(rule, &scope));
    match default {
        Some(default) if found.is_null() => default,
        Some(default) => default.map(|_| found),
        None => Ok(found),
    }
}

fn plain(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Null | Value::List(_) | Value::Map(_) => Value::Null,
        Value::Bool(_) | Value::Number(_) | Value::Text(_) => value,
    }
}

/// `var` with arguments that are known only now.
fn by_value<'a>(arguments: Value<'a>, data: Value<'a>) -> Evaluated<'a> {
    let (name, default) = match arguments {
        Value::Null => return Ok(plain(data)),
        Value::Text(name) => (name, Value::Null),
        Value::Number(n) => {
            let mut name = crate::rule::text::Buffer::default();
            crate::number::write_plain(&mut name, n);
            return Ok(by_path(name.as_str(), data));
        }
        Value::List([]) => return Ok(data),
        Value::List([Value::Text(name), default]) => (*name, *default),
        Value::List([Value::Text(name), ..]) => (*name, Value::Null),
        Value::Bool(_) | Value::Map(_) if data.is_null() => return Ok(Value::Null),
        Value::List(_) | Value::Bool(_) | Value::Map(_) => return Err(Fault::Arguments),
    };
    let found = by_path(name, data);
    Ok(if found.is_null() { default } else { found })
}

fn by_path<'a>(name: &str, data: Value<'a>) -> Value<'a> {
    let parts = name.split('.').filter(|part| !part.is_empty());
    parts.fold(data, step)
}

/// `missing`: which of the named values are null.
pub fn missing<'a>(given: Given<'_, 'a>, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    let data = data_of(scope);
    match given {
        Given::Single(name @ Value::Text(_)) => scope.keep_list(&absent(&[name], data, scope)?),
        Given::Single(_) => Err(Fault::Arguments),
        Given::List(names) => scope.keep_list(&absent(names, data, scope)?),
    }
}

/// `missing_some`: nothing if enough of the named values are there, otherwise those that are not.
pub fn missing_some<'a>(given: Given<'_, 'a>, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    let enough = crate::rule::coerce::arithmetic(given.at(0)?)?;
    let Value::List(names) = given.at(1)? else {
        return Err(Fault::Arguments);
    };
    let absent = absent(names, data_of(scope), scope)?;
    let present = i64::try_from(names.len() - absent.len()).unwrap_or(i64::MAX);
    if crate::number::truncate(enough) > present {
        scope.keep_list(&absent)
    } else {
        scope.keep_list(&[])
    }
}

fn absent<'a>(
    names: &[Value<'a>],
    data: Value<'a>,
    scope: &Scope<'_, 'a>,
) -> Result<Vec<Value<'a>>, Fault> {
    scope.spend(names.len())?;
    let mut absent = Vec::new();
    for name in names {
        if by_value(*name, data)?.is_null() {
            absent.push(*name);
        }
    }
    Ok(absent)
}

/// The data as one value. A flag whose rules get here has asked for the whole context.
fn data_of<'a>(scope: &Scope<'_, 'a>) -> Value<'a> {
    match scope.data {
        Data::Root => scope.context.whole(),
        Data::Item(item) => item,
    }
}
