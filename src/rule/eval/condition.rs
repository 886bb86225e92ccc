//! Evaluates a rule as a condition: to a `bool`, without building a value.
//!
//! Nearly all rules that a decision evaluates are conditions, and nearly all of those test an attribute's text or
//! number. Those are tested in place; any other rule is evaluated to a value, which is tested for truth.

use crate::rule::ast::ArgumentRules;
use crate::rule::ast::InSet;
use crate::rule::ast::Rule;
use crate::rule::ast::VersionTest;
use crate::rule::coerce::is_truthy;
use crate::rule::error::EvalError;
use crate::rule::eval::eval;
use crate::rule::operator::Operator;
use crate::rule::operator::comparison::ComparisonOp;
use crate::rule::scope::Scope;
use crate::value::Value;

/// Returns true if the value of `rule` counts as true.
///
/// # Errors
/// If it cannot be evaluated.
pub fn eval_condition<'a>(rule: &'a Rule, scope: &Scope<'_, 'a>) -> Result<bool, EvalError> {
    match rule {
        Rule::Compare(parts) => {
            let (op, left, right) = &**parts;
            eval_comparison(*op, left, right, scope)
        }
        Rule::InSet(in_set) => eval_in_set(in_set, scope),
        Rule::And(rules) => short_circuit(rules, scope, false),
        Rule::Or(rules) => short_circuit(rules, scope, true),
        Rule::VersionTest(test) => eval_version_test(rule, test, scope),
        Rule::Apply(parts) => eval_operator(rule, parts.0, &parts.1, scope),
        _ => eval_generic(rule, scope),
    }
}

/// The text that a rule yields, if it is an attribute or a constant.
#[inline]
pub fn text_operand<'a>(rule: &'a Rule, scope: &Scope<'_, 'a>) -> Option<&'a str> {
    match rule {
        Rule::Slot(slot) => match scope.context.slot_ref(*slot) {
            Value::Text(text) => Some(text),
            _ => None,
        },
        Rule::Text(text) => Some(text),
        _ => None,
    }
}

/// The number that a rule yields, if it is an attribute or a constant.
#[inline]
fn number_operand<'a>(rule: &'a Rule, scope: &Scope<'_, 'a>) -> Option<f64> {
    match rule {
        Rule::Slot(slot) => match scope.context.slot_ref(*slot) {
            Value::Number(number) => Some(*number),
            _ => None,
        },
        Rule::Number(number) => Some(*number),
        _ => None,
    }
}

#[inline(never)]
fn eval_generic<'a>(rule: &'a Rule, scope: &Scope<'_, 'a>) -> Result<bool, EvalError> {
    Ok(is_truthy(eval(rule, scope)?))
}

#[inline]
fn eval_comparison<'a>(
    op: ComparisonOp,
    left: &'a Rule,
    right: &'a Rule,
    scope: &Scope<'_, 'a>,
) -> Result<bool, EvalError> {
    if let (Some(left), Some(right)) = (text_operand(left, scope), text_operand(right, scope)) {
        scope.spend_for_compare(left)?;
        return Ok(op.compare_same_type(left, right));
    }
    if let (Some(left), Some(right)) = (number_operand(left, scope), number_operand(right, scope)) {
        return Ok(op.compare_same_type(&left, &right));
    }
    eval_generic_comparison(op, left, right, scope)
}

#[inline(never)]
fn eval_generic_comparison<'a>(
    op: ComparisonOp,
    left: &'a Rule,
    right: &'a Rule,
    scope: &Scope<'_, 'a>,
) -> Result<bool, EvalError> {
    op.compare_charged(eval(left, scope)?, eval(right, scope)?, scope)
}

fn eval_in_set<'a>(in_set: &'a InSet, scope: &Scope<'_, 'a>) -> Result<bool, EvalError> {
    if let Some(needle) = text_operand(&in_set.needle, scope) {
        in_set.set.spend_for_text_search(needle, scope)?;
        return Ok(in_set.set.contains_text(needle));
    }
    let needle = eval(&in_set.needle, scope)?;
    in_set.set.spend_for_search(needle, scope)?;
    Ok(in_set.set.contains(needle))
}

fn short_circuit<'a>(
    rules: &'a [Rule],
    scope: &Scope<'_, 'a>,
    stop_at: bool,
) -> Result<bool, EvalError> {
    for rule in rules {
        if eval_condition(rule, scope)? == stop_at {
            return Ok(stop_at);
        }
    }
    // `and` or `or` of an empty list is null, hence falsy.
    Ok(!stop_at && !rules.is_empty())
}

fn eval_version_test<'a>(
    rule: &'a Rule,
    test: &'a VersionTest,
    scope: &Scope<'_, 'a>,
) -> Result<bool, EvalError> {
    let Some(text) = text_operand(&test.value, scope) else {
        return eval_generic(rule, scope);
    };
    scope.spend_for_parse(text)?;
    Ok(test.predicate.test_text(text).unwrap_or(false))
}

fn eval_operator<'a>(
    rule: &'a Rule,
    operator: Operator,
    arguments: &'a ArgumentRules,
    scope: &Scope<'_, 'a>,
) -> Result<bool, EvalError> {
    match (operator, arguments.as_list()) {
        (Operator::Not, Some([rule])) => Ok(!eval_condition(rule, scope)?),
        (Operator::StartsWith | Operator::EndsWith, Some([whole, affix])) => {
            match (text_operand(whole, scope), text_operand(affix, scope)) {
                (Some(whole), Some(affix)) => {
                    scope.spend_for_compare(affix)?;
                    Ok(if operator == Operator::StartsWith {
                        whole.starts_with(affix)
                    } else {
                        whole.ends_with(affix)
                    })
                }
                _ => eval_generic(rule, scope),
            }
        }
        _ => eval_generic(rule, scope),
    }
}
