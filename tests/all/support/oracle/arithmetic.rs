//! Arithmetic.

use crate::support::oracle::Outcome;
use crate::support::oracle::RuleFailure;
use crate::support::oracle::Term;

pub fn calculate(operator: &str, arguments: Term) -> Outcome {
    let items = match (operator, arguments) {
        (_, Term::List(items)) => items,
        ("+", other) => return other.to_number().map(Term::Number),
        ("abs", other) => return Ok(Term::Number(other.to_number()?.abs())),
        _ => return Err(RuleFailure),
    };
    if operator == "abs" {
        let first = items.first().ok_or(RuleFailure)?;
        return Ok(Term::Number(first.to_number()?.abs()));
    }
    if operator == "%" {
        let [a, b, ..] = &*items else {
            return Err(RuleFailure);
        };
        return Ok(Term::Number(a.to_number()? % b.to_number()?));
    }
    let numbers: Result<Vec<f64>, _> = items.iter().map(Term::to_number).collect();
    let numbers = numbers?;
    let Some((first, rest)) = numbers.split_first() else {
        return Ok(match operator {
            "max" | "min" => Term::Null,
            "*" => Term::Number(1.0),
            _ => Term::Number(0.0),
        });
    };
    Ok(Term::Number(match operator {
        "+" if rest.is_empty() => *first,
        "+" => numbers.iter().fold(0.0, |sum, n| sum + n),
        "-" if rest.is_empty() => -first,
        "-" => rest.iter().fold(*first, |left, n| left - n),
        "*" => numbers.iter().fold(1.0, |product, n| product * n),
        "/" => rest.iter().fold(*first, |left, n| left / n),
        "max" => rest
            .iter()
            .fold(*first, |most, n| if *n > most { *n } else { most }),
        _ => rest
            .iter()
            .fold(*first, |least, n| if least > *n { *n } else { least }),
    }))
}
