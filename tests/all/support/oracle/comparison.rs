//! Equality and order.

use crate::support::oracle::Outcome;
use crate::support::oracle::RuleFailure;
use crate::support::oracle::Term;
use crate::support::oracle::go_number;

pub fn compare(operator: &str, arguments: Term) -> Outcome {
    let Term::List(items) = arguments else {
        return match operator {
            "===" => Ok(Term::Bool(false)),
            "!==" => Ok(Term::Bool(true)),
            _ => Err(RuleFailure),
        };
    };
    Ok(Term::Bool(match (operator, &*items) {
        ("!=" | "!==", [] | [_]) => true,
        (_, [] | [_]) => false,
        ("==", [a, b, ..]) => equal(a, b),
        ("!=", [a, b, ..]) => !equal(a, b),
        ("===", [a, b, ..]) => identical(a, b),
        ("!==", [a, b, ..]) => !identical(a, b),
        (_, [a, b, c]) => ordered(operator, a, b) && ordered(operator, b, c),
        (_, [a, b, ..]) => ordered(operator, a, b),
    }))
}

fn ordered(operator: &str, a: &Term, b: &Term) -> bool {
    match operator {
        "<" => less(a, b),
        "<=" => less(a, b) || equal(a, b),
        ">" => less(b, a),
        _ => less(b, a) || equal(b, a),
    }
}

fn less(a: &Term, b: &Term) -> bool {
    match (a, b) {
        (Term::Text(a), Term::Text(b)) => a < b,
        _ => script_number(a) < script_number(b),
    }
}

fn equal(a: &Term, b: &Term) -> bool {
    match (a, b) {
        (Term::Null, _) | (_, Term::Null) => a.is_null() && b.is_null(),
        (Term::Text(a), Term::Text(b)) => a == b,
        _ => script_number(a) == script_number(b),
    }
}

fn identical(a: &Term, b: &Term) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b) && equal(a, b)
}

/// The number that JavaScript would compare; NaN if there is none.
fn script_number(term: &Term) -> f64 {
    match term {
        Term::Null => 0.0,
        Term::Bool(b) => f64::from(u8::from(*b)),
        Term::Number(n) => *n,
        Term::Text(text) if text.trim().is_empty() => 0.0,
        Term::Text(text) => match go_number::parse_float(text) {
            Some(parsed) if !parsed.out_of_range => parsed.value,
            _ => f64::NAN,
        },
        _ => f64::NAN,
    }
}
