//! Membership, and making lists and maps out of others.

use crate::rule::Fault;
use crate::rule::coerce;
use crate::rule::compare;
use crate::rule::eval::Scope;
use crate::rule::operator::Evaluated;
use crate::rule::operator::Given;
use crate::value::Value;

/// `in`: a part of a string, or an item of a list.
pub fn contains<'a>(given: Given<'_, 'a>, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    let needle = given.at(0)?;
    let found = match given.at(1).unwrap_or(Value::Null) {
        Value::Text(hay) => match needle {
            Value::Text(needle) => {
                scope.spend_on(hay)?;
                hay.contains(needle)
            }
            _ => return Err(Fault::Arguments),
        },
        Value::List(items) => {
            scope.spend(items.len() / 8)?;
            among(needle, items)?
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Map(_) => false,
    };
    Ok(Value::Bool(found))
}

/// Whether an item equals `needle`. An item that is itself a list is a range, its ends included.
fn among(needle: Value<'_>, items: &[Value<'_>]) -> Result<bool, Fault> {
    for item in items {
        let hit = match (*item, needle) {
            (Value::List(range), _) => within(needle, range)?,
            (item, Value::Number(n)) => coerce::arithmetic(item)? == n,
            (Value::Map(_), Value::Map(_)) => return Err(Fault::Arguments),
            (item, needle) => compare::same(item, needle),
        };
        if hit {
            return Ok(true);
        }
    }
    Ok(false)
}

fn within(needle: Value<'_>, range: &[Value<'_>]) -> Result<bool, Fault> {
    let [low, high, ..] = range else {
        return Err(Fault::Arguments);
    };
    let number = coerce::arithmetic(needle)?;
    Ok(number >= coerce::arithmetic(*low)? && coerce::arithmetic(*high)? >= number)
}

/// `merge`: one list out of lists and single values.
pub fn merge<'a>(given: Given<'_, 'a>, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    let values = match given {
        Given::Single(Value::Null | Value::Map(_)) => return Err(Fault::Arguments),
        Given::Single(value) => return scope.keep_list(&[value]),
        Given::List(values) => values,
    };
    let mut merged = Vec::new();
    for value in values {
        match value {
            Value::List(items) => merged.extend_from_slice(items),
            single => merged.push(*single),
        }
    }
    scope.keep_list(&merged)
}

/// `set`: a copy of a map with one member replaced.
pub fn set<'a>(given: Given<'_, 'a>, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    match *given.list()? {
        [] => Ok(Value::Null),
        [Value::Map(members), Value::Text(name), value, ..] => {
            let others = members.iter().filter(|(key, _)| *key != name);
            let mut members: Vec<_> = others.copied().collect();
            members.push((name, value));
            scope.keep_map(&members)
        }
        [Value::Map(_), _, _, ..] => Err(Fault::Arguments),
        [first, ..] => Ok(first),
    }
}

/// `contains_all`: every item of the second list is in the first.
pub fn contains_all<'a>(given: Given<'_, 'a>, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    let Given::List([Value::List(all), Value::List(wanted)]) = given else {
        return Ok(Value::Bool(false));
    };
    for item in *wanted {
        scope.spend(all.len() / 8)?;
        if !holds(all, *item)? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

/// `contains_any`: some item of the second list is in the first.
pub fn contains_any<'a>(given: Given<'_, 'a>, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    let Given::List([Value::List(all), Value::List(wanted)]) = given else {
        return Ok(Value::Bool(false));
    };
    for item in *wanted {
        scope.spend(all.len() / 8)?;
        if holds(all, *item)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

/// `contains_none`: no item of the second list is in the first.
pub fn contains_none<'a>(given: Given<'_, 'a>, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    match contains_any(given, scope)? {
        Value::Bool(any) => Ok(Value::Bool(!any)),
        other => Ok(other),
    }
}

fn holds(items: &[Value<'_>], wanted: Value<'_>) -> Result<bool, Fault> {
    for item in items {
        match (*item, wanted) {
            (Value::Map(_), Value::Map(_)) | (Value::List(_), Value::List(_)) => {
                return Err(Fault::Arguments);
            }
            (item, wanted) if compare::same(item, wanted) => return Ok(true),
            _ => {}
        }
    }
    Ok(false)
}
