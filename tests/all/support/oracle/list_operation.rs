//! `map`, `filter`, `reduce`, `all`, `some` and `none`.

use std::collections::BTreeMap;

use crate::support::oracle::Outcome;
use crate::support::oracle::RuleFailure;
use crate::support::oracle::Term;
use crate::support::oracle::evaluator::apply;
use crate::support::oracle::evaluator::evaluate;
use crate::support::oracle::variable::substitute;

pub fn operate(operator: &str, rule: &Term, data: &Term) -> Outcome {
    let arguments = rule.unevaluated_list()?;
    match operator {
        "map" | "filter" if arguments.len() < 2 => Ok(Term::List(Vec::new())),
        "map" => map(&arguments, data),
        "filter" => filter(&arguments, data),
        "reduce" if arguments.len() < 3 => Ok(Term::Number(0.0)),
        "reduce" => reduce(&arguments, data),
        _ => Ok(Term::Bool(quantify(operator, &arguments, data)?)),
    }
}

/// The list to iterate over. Items of a list in the rule are values, not rules. A scalar is no list.
fn input(arguments: &[Term], data: &Term) -> Outcome {
    match arguments.first().ok_or(RuleFailure)? {
        list @ Term::List(_) => Ok(list.to_plain()),
        rule @ (Term::Map(_) | Term::Unreadable) => apply(rule, data),
        Term::Quoted(value) if matches!(**value, Term::List(_) | Term::Map(_)) => {
            Ok((**value).clone())
        }
        _ => Ok(Term::Null),
    }
}

fn map(arguments: &[Term], data: &Term) -> Outcome {
    let input = input(arguments, data)?;
    if input.is_null() {
        return Ok(Term::List(Vec::new()));
    }
    let items = input.into_list()?;
    let mapped: Result<_, _> = items
        .iter()
        .map(|item| evaluate(&arguments[1], item))
        .collect();
    Ok(Term::List(mapped?))
}

fn filter(arguments: &[Term], data: &Term) -> Outcome {
    let input = input(arguments, data)?;
    if input.is_null() {
        return Ok(Term::List(Vec::new()));
    }
    let items = input.into_list()?;
    let body = substitute(&arguments[1], data)?;
    let mut kept = Vec::new();
    for item in items {
        if evaluate(&body, &item)?.is_true() {
            kept.push(item);
        }
    }
    Ok(Term::List(kept))
}

fn reduce(arguments: &[Term], data: &Term) -> Outcome {
    let mut accumulator = match &arguments[2] {
        rule @ (Term::Map(_) | Term::Quoted(_) | Term::Unreadable) => evaluate(rule, data)?,
        other => other.clone(),
    };
    let kind = match accumulator {
        Term::Bool(_) => "bool",
        Term::Number(_) => "number",
        Term::Text(_) => "string",
        _ => return Err(RuleFailure),
    };
    let input = input(arguments, data)?;
    if input.is_null() {
        return Ok(Term::Number(0.0));
    }
    for item in input
        .into_list()?
        .into_iter()
        .filter(|item| !item.is_null())
    {
        let members = [
            ("current".to_owned(), item),
            ("accumulator".to_owned(), accumulator),
            ("valueType".to_owned(), Term::Text(kind.to_owned())),
        ];
        let next = apply(&arguments[1], &Term::Map(BTreeMap::from(members)))?;
        accumulator = match kind {
            "bool" => Term::Bool(next.is_true()),
            "number" => Term::Number(next.to_number()?),
            _ => Term::Text(next.to_text()?),
        };
    }
    Ok(accumulator)
}

fn quantify(operator: &str, arguments: &[Term], data: &Term) -> Result<bool, RuleFailure> {
    let input = input(arguments, data)?;
    if !input.is_true() {
        return Ok(operator == "none");
    }
    let items = input.into_list()?;
    let body = arguments.get(1).ok_or(RuleFailure)?;
    let body = if operator == "all" {
        body.clone()
    } else {
        substitute(body, data)?
    };
    for item in items {
        let body = if operator == "none" {
            body.clone()
        } else {
            substitute(&body, &item)?
        };
        let holds = apply(&body, &item)?.is_true();
        match operator {
            "all" if !holds => return Ok(false),
            "none" if holds => return Ok(false),
            "some" if holds => return Ok(true),
            _ => {}
        }
    }
    Ok(operator != "some")
}
