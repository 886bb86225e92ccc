//! `in`, `merge` and the `contains_…` operators.

use crate::support::oracle::Outcome;
use crate::support::oracle::RuleFailure;
use crate::support::oracle::Term;

pub fn is_in(arguments: Term) -> Outcome {
    let arguments = arguments.into_list()?;
    let needle = arguments.first().ok_or(RuleFailure)?;
    match arguments.get(1) {
        Some(Term::Text(text)) => Ok(Term::Bool(text.contains(needle.as_text()?))),
        Some(Term::List(items)) => {
            for item in items {
                if is_member(needle, item)? {
                    return Ok(Term::Bool(true));
                }
            }
            Ok(Term::Bool(false))
        }
        _ => Ok(Term::Bool(false)),
    }
}

/// Returns true if the needle equals the item, or lies in the range that the item is.
fn is_member(needle: &Term, item: &Term) -> Result<bool, RuleFailure> {
    match (needle, item) {
        (_, Term::List(range)) => {
            let [low, high, ..] = &**range else {
                return Err(RuleFailure);
            };
            let number = needle.to_number()?;
            Ok(number >= low.to_number()? && high.to_number()? >= number)
        }
        (Term::Number(n), _) => Ok(item.to_number()? == *n),
        _ => same(needle, item),
    }
}

/// Go's `==` of two interfaces: lists and maps cannot be compared with their like.
fn same(a: &Term, b: &Term) -> Result<bool, RuleFailure> {
    match (a, b) {
        (Term::List(_), Term::List(_)) | (Term::Map(_), Term::Map(_)) => Err(RuleFailure),
        _ => Ok(a == b),
    }
}

pub fn merge(arguments: Term) -> Outcome {
    let items = match arguments {
        Term::List(items) => items,
        Term::Bool(_) | Term::Number(_) | Term::Text(_) => vec![arguments],
        _ => return Err(RuleFailure),
    };
    let mut merged = Vec::new();
    for item in items {
        match item {
            Term::List(inner) => merged.extend(inner),
            other => merged.push(other),
        }
    }
    Ok(Term::List(merged))
}

pub fn contains(operator: &str, arguments: Term) -> Outcome {
    let none = operator == "contains_none";
    let Term::List(arguments) = arguments else {
        return Ok(Term::Bool(none));
    };
    let [Term::List(searched), Term::List(wanted)] = &*arguments else {
        return Ok(Term::Bool(none));
    };
    for item in wanted {
        let found = contains_item(searched, item)?;
        match operator {
            "contains_all" if !found => return Ok(Term::Bool(false)),
            "contains_any" if found => return Ok(Term::Bool(true)),
            "contains_none" if found => return Ok(Term::Bool(false)),
            _ => {}
        }
    }
    Ok(Term::Bool(operator != "contains_any"))
}

fn contains_item(searched: &[Term], wanted: &Term) -> Result<bool, RuleFailure> {
    for item in searched {
        if same(item, wanted)? {
            return Ok(true);
        }
    }
    Ok(false)
}
