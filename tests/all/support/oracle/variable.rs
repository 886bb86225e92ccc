//! `var`, `missing`, `missing_some` and `set`, and the substitution of outer variables.

use crate::support::oracle::Outcome;
use crate::support::oracle::RuleFailure;
use crate::support::oracle::Term;
use crate::support::oracle::evaluator::evaluate;
use crate::support::oracle::go_number;

pub fn get_var(rule: &Term, data: &Term) -> Outcome {
    // An invalid name that is written in the rule fails for all data; flagd returns null if the data is null.
    let invalid = match rule {
        Term::Map(members) => members.len() != 1,
        other => matches!(other, Term::Bool(_)),
    };
    if invalid {
        return Err(RuleFailure);
    }
    look_up(evaluate(rule, data)?, data)
}

/// The value that `path` names in the data; `path` may be a list of a path and a default.
fn look_up(path: Term, data: &Term) -> Outcome {
    let (path, default) = match path {
        Term::Null if matches!(data, Term::Map(_) | Term::List(_)) => return Ok(Term::Null),
        Term::Null => return Ok(data.clone()),
        Term::Text(path) if path.is_empty() => return Ok(data.clone()),
        Term::Number(n) => (Term::Text(go_number::format_plain(n)), Term::Null),
        Term::List(items) if items.is_empty() => return Ok(data.clone()),
        Term::List(items) => {
            let default = if items.len() == 2 {
                items[1].clone()
            } else {
                Term::Null
            };
            (Term::Text(items[0].as_text()?.to_owned()), default)
        }
        other => (other, Term::Null),
    };
    if data.is_null() {
        return Ok(default);
    }
    Ok(descend(path.as_text()?, data).unwrap_or(default))
}

fn descend(path: &str, data: &Term) -> Option<Term> {
    let mut value = data;
    for part in path.split('.').filter(|part| !part.is_empty()) {
        value = match value {
            Term::Map(members) => members.get(part)?,
            Term::List(items) => {
                let index = go_number::parse_float(part).map_or(0.0, |parsed| parsed.value);
                items.get(usize::try_from(go_number::to_int(index)).ok()?)?
            }
            _ => return None,
        };
        if value.is_null() {
            return None;
        }
    }
    Some(value.clone())
}

/// The rule with the values of its variables in their places, where the data has them. A path that is empty or begins
/// with a point stays.
pub fn substitute(rule: &Term, data: &Term) -> Outcome {
    match rule {
        Term::Map(members) => {
            let mut substituted = members.clone();
            for (name, arguments) in members {
                if name != "var" {
                    substituted.insert(name.clone(), substitute(arguments, data)?);
                    continue;
                }
                if matches!(arguments, Term::Text(path) if path.is_empty() || path.starts_with('.'))
                {
                    continue;
                }
                match get_var(arguments, data) {
                    Ok(Term::Null) => {}
                    Ok(value) => return Ok(Term::Quoted(Box::new(value))),
                    // flagd fails here, even if the variable is then not evaluated.
                    Err(_) => return Ok(Term::Unreadable),
                }
            }
            Ok(Term::Map(substituted))
        }
        Term::List(items) => {
            let items: Result<_, _> = items.iter().map(|item| substitute(item, data)).collect();
            Ok(Term::List(items?))
        }
        other => Ok(other.clone()),
    }
}

pub fn missing(arguments: Term, data: &Term) -> Outcome {
    let paths = match arguments {
        Term::Text(path) => vec![Term::Text(path)],
        other => other.into_list()?,
    };
    let (missing, _) = partition(paths, data)?;
    Ok(Term::List(missing))
}

pub fn missing_some(arguments: Term, data: &Term) -> Outcome {
    let arguments = arguments.into_list()?;
    let needed = go_number::to_int(arguments.first().ok_or(RuleFailure)?.to_number()?);
    let paths = arguments.get(1).cloned().ok_or(RuleFailure)?.into_list()?;
    let (missing, found) = partition(paths, data)?;
    let enough = needed <= i64::try_from(found).map_err(|_| RuleFailure)?;
    Ok(Term::List(if enough { Vec::new() } else { missing }))
}

/// The paths that the data lacks, and the number of the others.
fn partition(paths: Vec<Term>, data: &Term) -> Result<(Vec<Term>, usize), RuleFailure> {
    let count = paths.len();
    let mut missing = Vec::new();
    for path in paths {
        if look_up(path.clone(), data)?.is_null() {
            missing.push(path);
        }
    }
    let found = count - missing.len();
    Ok((missing, found))
}

pub fn set(arguments: Term) -> Outcome {
    let arguments = arguments.into_list()?;
    let object = arguments.first().cloned().unwrap_or(Term::Null);
    let (Term::Map(mut members), [_, property, value, ..]) = (object.clone(), &*arguments) else {
        return Ok(object);
    };
    members.insert(property.as_text()?.to_owned(), value.clone());
    Ok(Term::Map(members))
}
