//! The arithmetic operators `+`, `-`, `*`, `/`, `%`, `max`, `min` and `abs`.

use crate::rule::error::EvalError;
use crate::rule::scope::Args;
use crate::rule::scope::EvalResult;
use crate::rule::scope::Scope;
use crate::value::Value;

/// `+`: the sum.
pub fn add<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let sum = match args {
        Args::Single(value) => scope.to_arithmetic_number(value)?,
        // Go's sum starts at 0 unless there is just one number, so that +[-0] is -0 and +[-0, -0] is 0.
        Args::List([value]) => scope.to_arithmetic_number(*value)?,
        Args::List(values) => try_fold_numbers(values, 0.0, |a, b| a + b, scope)?,
    };
    Ok(Value::Number(sum))
}

/// `-`: the first number minus all others; with one argument, its negation.
pub fn subtract<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let difference = match args.require_list()? {
        [] => 0.0,
        [value] => -scope.to_arithmetic_number(*value)?,
        [first, rest @ ..] => try_fold_numbers(
            rest,
            scope.to_arithmetic_number(*first)?,
            |a, b| a - b,
            scope,
        )?,
    };
    Ok(Value::Number(difference))
}

/// `*`: the product.
pub fn multiply<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    try_fold_numbers(args.require_list()?, 1.0, |a, b| a * b, scope).map(Value::Number)
}

/// `/`: the first number divided by all others.
pub fn divide<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let quotient = match args.require_list()? {
        [] => 0.0,
        [first, rest @ ..] => try_fold_numbers(
            rest,
            scope.to_arithmetic_number(*first)?,
            |a, b| a / b,
            scope,
        )?,
    };
    Ok(Value::Number(quotient))
}

/// `%`: the remainder of the first number divided by the second.
pub fn remainder<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let dividend = scope.to_arithmetic_number(args.require(0)?)?;
    let divisor = scope.to_arithmetic_number(args.require(1)?)?;
    Ok(Value::Number(dividend % divisor))
}

/// `max`: the largest number; null without arguments.
pub fn max<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    find_extreme(args, scope, |n, most| n > most)
}

/// `min`: the smallest number; null without arguments.
pub fn min<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    find_extreme(args, scope, |n, least| n < least)
}

/// `abs`: the absolute value.
pub fn abs<'a>(args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let number = match args {
        Args::Single(value) => scope.to_arithmetic_number(value)?,
        Args::List(_) => scope.to_arithmetic_number(args.require(0)?)?,
    };
    Ok(Value::Number(number.abs()))
}

fn try_fold_numbers(
    values: &[Value<'_>],
    start: f64,
    with: fn(f64, f64) -> f64,
    scope: &Scope<'_, '_>,
) -> Result<f64, EvalError> {
    scope.spend_steps(values.len())?;
    values.iter().try_fold(start, |sum, value| {
        Ok(with(sum, scope.to_arithmetic_number(*value)?))
    })
}

fn find_extreme<'a>(
    args: Args<'_, 'a>,
    scope: &Scope<'_, 'a>,
    beats: fn(f64, f64) -> bool,
) -> EvalResult<'a> {
    let Some((first, rest)) = args.require_list()?.split_first() else {
        return Ok(Value::Null);
    };
    scope.spend_steps(rest.len())?;
    let mut best = scope.to_arithmetic_number(*first)?;
    for value in rest {
        let number = scope.to_arithmetic_number(*value)?;
        if beats(number, best) {
            best = number;
        }
    }
    Ok(Value::Number(best))
}
