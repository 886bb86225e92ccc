//! Evaluates a rule: dispatches to the operators.

use crate::support::oracle::Outcome;
use crate::support::oracle::RuleFailure;
use crate::support::oracle::Term;
use crate::support::oracle::arithmetic;
use crate::support::oracle::comparison;
use crate::support::oracle::custom;
use crate::support::oracle::fractional;
use crate::support::oracle::list_operation;
use crate::support::oracle::logic;
use crate::support::oracle::membership;
use crate::support::oracle::variable;

/// The value of a rule: a rule in the place of a value, or an argument of an operator.
pub fn evaluate(rule: &Term, data: &Term) -> Outcome {
    match rule {
        Term::Map(_) => apply(rule, data),
        Term::List(items) => {
            let items: Result<_, _> = items.iter().map(|item| evaluate(item, data)).collect();
            Ok(Term::List(items?))
        }
        Term::Quoted(value) => Ok((**value).clone()),
        Term::Unreadable => Err(RuleFailure),
        Term::Null | Term::Bool(_) | Term::Number(_) | Term::Text(_) => Ok(rule.clone()),
    }
}

/// The value of a rule that must be an operation or an object.
pub fn apply(rule: &Term, data: &Term) -> Outcome {
    match rule {
        Term::Map(members) if members.len() == 1 => {
            let (operator, arguments) = members.iter().next().ok_or(RuleFailure)?;
            operate(operator, arguments, data)
        }
        Term::Map(_) => Ok(rule.to_plain()),
        Term::Quoted(value) if matches!(**value, Term::Map(_)) => Ok((**value).clone()),
        _ => Err(RuleFailure),
    }
}

fn operate(operator: &str, rule: &Term, data: &Term) -> Outcome {
    match operator {
        "and" | "or" => return logic::short_circuit(rule, data, operator == "or"),
        "if" | "?:" => return logic::conditional(rule, data),
        "var" => return variable::get_var(rule, data),
        "map" | "filter" | "reduce" | "all" | "some" | "none" => {
            return list_operation::operate(operator, rule, data);
        }
        _ => {}
    }
    let arguments = evaluate(rule, data);
    match operator {
        "!" => Ok(Term::Bool(logic::negation(&arguments?))),
        "!!" => Ok(Term::Bool(!logic::negation(&arguments?))),
        "==" | "!=" | "===" | "!==" | "<" | "<=" | ">" | ">=" => {
            comparison::compare(operator, arguments?)
        }
        "+" | "-" | "*" | "/" | "%" | "max" | "min" | "abs" => {
            arithmetic::calculate(operator, arguments?)
        }
        "cat" => custom::cat(arguments?),
        "substr" => custom::substr(arguments?),
        "starts_with" | "ends_with" => Ok(custom::affix(operator, arguments?)),
        "sem_ver" => Ok(custom::sem_ver(arguments?)),
        "fractional" => Ok(fractional::fractional(arguments?, data)),
        "in" => membership::is_in(arguments?),
        "merge" => membership::merge(arguments?),
        "contains_all" | "contains_any" | "contains_none" => {
            membership::contains(operator, arguments?)
        }
        "missing" => variable::missing(arguments?, data),
        "missing_some" => variable::missing_some(arguments?, data),
        "set" => variable::set(arguments?),
        _ => Err(RuleFailure),
    }
}
