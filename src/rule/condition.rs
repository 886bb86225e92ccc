//! Conditions: whether a rule's value counts as true, without the value.
//!
//! Nearly all that a decision computes are conditions, and nearly all of those ask something of an attribute's text or
//! number. They are answered here where the attribute stands; whatever is rarer is evaluated, and its value looked at.

use crate::rule::Arguments;
use crate::rule::Fault;
use crate::rule::Rule;
use crate::rule::among::Among;
use crate::rule::coerce::truthy;
use crate::rule::compare::Comparison;
use crate::rule::eval::Data;
use crate::rule::eval::Scope;
use crate::rule::eval::eval;
use crate::rule::operator::Operator;
use crate::rule::semver::VersionTest;
use crate::value::Value;

/// Whether `rule` counts as true.
///
/// # Errors
/// If it cannot be evaluated.
pub fn holds<'a>(rule: &'a Rule, scope: &Scope<'_, 'a>) -> Result<bool, Fault> {
    match rule {
        Rule::Compare(parts) => {
            let (how, left, right) = &**parts;
            compare(*how, left, right, scope)
        }
        Rule::Among(among) => is_among(among, scope),
        Rule::And(rules) => until(rules, scope, false),
        Rule::Or(rules) => until(rules, scope, true),
        Rule::Version(test) => version(test, scope),
        Rule::Apply(parts) => apply(rule, parts.0, &parts.1, scope),
        _ => value(rule, scope),
    }
}

/// The text that a rule yields, if it is an attribute or a constant.
#[inline]
pub fn text<'a>(rule: &'a Rule, scope: &Scope<'_, 'a>) -> Option<&'a str> {
    match rule {
        Rule::Slot(slot) => match scope.context.at(*slot) {
            Value::Text(text) => Some(text),
            _ => None,
        },
        Rule::Text(text) => Some(text),
        _ => None,
    }
}

/// The number that a rule yields, if it is an attribute or a constant.
#[inline]
fn number<'a>(rule: &'a Rule, scope: &Scope<'_, 'a>) -> Option<f64> {
    match rule {
        Rule::Slot(slot) => match scope.context.at(*slot) {
            Value::Number(number) => Some(*number),
            _ => None,
        },
        Rule::Number(number) => Some(*number),
        _ => None,
    }
}

#[inline(never)]
fn value<'a>(rule: &'a Rule, scope: &Scope<'_, 'a>) -> Result<bool, Fault> {
    Ok(truthy(eval(rule, scope)?))
}

#[inline]
fn compare<'a>(
    how: Comparison,
    left: &'a Rule,
    right: &'a Rule,
    scope: &Scope<'_, 'a>,
) -> Result<bool, Fault> {
    if let (Some(left), Some(right)) = (text(left, scope), text(right, scope)) {
        scope.spend_on(left)?;
        return Ok(how.orders(left, right));
    }
    if let (Some(left), Some(right)) = (number(left, scope), number(right, scope)) {
        return Ok(how.orders(&left, &right));
    }
    compare_any(how, left, right, scope)
}

#[inline(never)]
fn compare_any<'a>(
    how: Comparison,
    left: &'a Rule,
    right: &'a Rule,
    scope: &Scope<'_, 'a>,
) -> Result<bool, Fault> {
    let (left, right) = (eval(left, scope)?, eval(right, scope)?);
    if let (Value::Text(text), Value::Text(_)) = (left, right) {
        scope.spend_on(text)?;
    }
    Ok(how.holds(left, right))
}

fn is_among<'a>(among: &'a Among, scope: &Scope<'_, 'a>) -> Result<bool, Fault> {
    if let Data::Item(_) = scope.data {
        scope.spend(among.set.len() / 8)?;
    }
    match text(&among.needle, scope) {
        Some(needle) => Ok(among.set.has_text(needle)),
        None => Ok(among.set.contains(eval(&among.needle, scope)?)),
    }
}

fn until<'a>(rules: &'a [Rule], scope: &Scope<'_, 'a>, stop_at: bool) -> Result<bool, Fault> {
    for rule in rules {
        if holds(rule, scope)? == stop_at {
            return Ok(stop_at);
        }
    }
    // Of nothing, both are null.
    Ok(!stop_at && !rules.is_empty())
}

fn version<'a>(test: &'a VersionTest, scope: &Scope<'_, 'a>) -> Result<bool, Fault> {
    match text(&test.value, scope) {
        Some(text) => Ok(test.of_text(text).unwrap_or(false)),
        None => Ok(truthy(test.apply(eval(&test.value, scope)?))),
    }
}

fn apply<'a>(
    rule: &'a Rule,
    operator: Operator,
    arguments: &'a Arguments,
    scope: &Scope<'_, 'a>,
) -> Result<bool, Fault> {
    match (operator, arguments.as_list()) {
        (Operator::Not, Some([rule])) => Ok(!holds(rule, scope)?),
        (Operator::StartsWith | Operator::EndsWith, Some([whole, affix])) => {
            match (text(whole, scope), text(affix, scope)) {
                (Some(whole), Some(affix)) if operator == Operator::StartsWith => {
                    Ok(whole.starts_with(affix))
                }
                (Some(whole), Some(affix)) => Ok(whole.ends_with(affix)),
                _ => value(rule, scope),
            }
        }
        _ => value(rule, scope),
    }
}
