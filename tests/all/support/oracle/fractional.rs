//! `fractional` with the hash of flagd 0.16.

use std::io::Cursor;

use crate::support::oracle::Term;
use crate::support::oracle::go_number;

/// The largest weight, and the largest sum of weights.
const MOST_WEIGHT: i64 = 2_147_483_647;

pub fn fractional(arguments: Term, data: &Term) -> Term {
    pick(arguments, data).unwrap_or(Term::Null)
}

/// `None` for every kind of mistake, which selects the default.
fn pick(arguments: Term, data: &Term) -> Option<Term> {
    let (Term::List(arguments), Term::Map(members)) = (arguments, data) else {
        return None;
    };
    let (unit, shares) = match arguments.split_first()? {
        (Term::Text(unit), rest) => (unit.clone(), rest),
        (first, rest) => {
            let Some(Term::Text(key)) = members.get("targetingKey") else {
                return None;
            };
            if key.is_empty() {
                return None;
            }
            let rest = if first.is_null() { rest } else { &arguments };
            (flag_key(data) + key, rest)
        }
    };
    let shares: Option<Vec<(Term, i64)>> = shares.iter().map(share).collect();
    let shares = shares?;
    let total: i64 = shares.iter().map(|(_, weight)| weight).sum();
    if total == 0 || total > MOST_WEIGHT {
        return None;
    }
    let hash = murmur3::murmur3_32(&mut Cursor::new(unit.as_bytes()), 0).ok()?;
    let bucket = (u64::from(hash) * u64::try_from(total).ok()?) >> 32;
    let mut end = 0;
    for (variant, weight) in shares {
        end += u64::try_from(weight).ok()?;
        if bucket < end {
            return Some(variant);
        }
    }
    None
}

fn flag_key(data: &Term) -> String {
    let flagd = match data {
        Term::Map(members) => members.get("$flagd"),
        _ => None,
    };
    match flagd {
        Some(Term::Map(members)) => match members.get("flagKey") {
            Some(Term::Text(key)) => key.clone(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// A variant and its weight.
fn share(term: &Term) -> Option<(Term, i64)> {
    let Term::List(parts) = term else {
        return None;
    };
    let variant = parts.first()?;
    if matches!(variant, Term::List(_) | Term::Map(_)) {
        return None;
    }
    let weight = match parts.get(1) {
        None | Some(Term::Null) => 1,
        Some(Term::Number(n)) => {
            let whole = go_number::to_int(*n);
            let exact = whole as f64 == *n;
            if !exact || whole > MOST_WEIGHT {
                return None;
            }
            whole.max(0)
        }
        Some(_) => return None,
    };
    Some((variant.clone(), weight))
}
