//! `and`, `or`, `if` and `!`.

use crate::support::oracle::Outcome;
use crate::support::oracle::Term;
use crate::support::oracle::evaluator::evaluate;

pub fn short_circuit(rule: &Term, data: &Term, stop_at: bool) -> Outcome {
    let mut last = Term::Null;
    for argument in rule.unevaluated_list()? {
        last = evaluate(&argument, data)?;
        if last.is_true() == stop_at {
            break;
        }
    }
    Ok(last)
}

pub fn conditional(rule: &Term, data: &Term) -> Outcome {
    let clauses = rule.unevaluated_list()?;
    for clause in clauses.chunks(2) {
        match clause {
            [otherwise] => return evaluate(otherwise, data),
            [condition, then] if evaluate(condition, data)?.is_true() => {
                return evaluate(then, data);
            }
            _ => {}
        }
    }
    Ok(Term::Null)
}

/// Only the first item of a list counts.
pub fn negation(arguments: &Term) -> bool {
    match arguments {
        Term::List(items) => !items.first().is_some_and(Term::is_true),
        other => !other.is_true(),
    }
}
