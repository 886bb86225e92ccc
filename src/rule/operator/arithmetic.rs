//! Numbers in, number out.

use crate::rule::EvalError;
use crate::rule::coerce;
use crate::rule::operator::Args;
use crate::rule::operator::EvalResult;
use crate::rule::operator::Operator;
use crate::value::Value;

/// Carries out an arithmetic operator.
pub fn apply<'a>(operator: Operator, given: Args<'_, 'a>) -> EvalResult<'a> {
    let number = match operator {
        Operator::Add => match given {
            Args::Single(value) => coerce::to_arithmetic_number(value)?,
            // Go's sum starts at 0 unless there is just one number, so that +[-0] is -0 and +[-0, -0] is 0.
            Args::List([value]) => coerce::to_arithmetic_number(*value)?,
            Args::List(values) => try_fold_numbers(values, 0.0, |a, b| a + b)?,
        },
        Operator::Abs => match given {
            Args::Single(value) => coerce::to_arithmetic_number(value)?.abs(),
            Args::List(_) => coerce::to_arithmetic_number(given.require(0)?)?.abs(),
        },
        Operator::Subtract => match given.require_list()? {
            [] => 0.0,
            [value] => -coerce::to_arithmetic_number(*value)?,
            [first, rest @ ..] => {
                try_fold_numbers(rest, coerce::to_arithmetic_number(*first)?, |a, b| a - b)?
            }
        },
        Operator::Multiply => try_fold_numbers(given.require_list()?, 1.0, |a, b| a * b)?,
        Operator::Divide => match given.require_list()? {
            [] => 0.0,
            [first, rest @ ..] => {
                try_fold_numbers(rest, coerce::to_arithmetic_number(*first)?, |a, b| a / b)?
            }
        },
        Operator::Remainder => {
            coerce::to_arithmetic_number(given.require(0)?)?
                % coerce::to_arithmetic_number(given.require(1)?)?
        }
        Operator::Max => return find_extreme(given, |n, most| n > most),
        Operator::Min => return find_extreme(given, |n, least| n < least),
        _ => return Err(EvalError::UnresolvedName),
    };
    Ok(Value::Number(number))
}

fn try_fold_numbers(
    values: &[Value<'_>],
    start: f64,
    with: fn(f64, f64) -> f64,
) -> Result<f64, EvalError> {
    values.iter().try_fold(start, |sum, value| {
        Ok(with(sum, coerce::to_arithmetic_number(*value)?))
    })
}

fn find_extreme<'a>(given: Args<'_, 'a>, beats: fn(f64, f64) -> bool) -> EvalResult<'a> {
    let Some((first, rest)) = given.require_list()?.split_first() else {
        return Ok(Value::Null);
    };
    let mut best = coerce::to_arithmetic_number(*first)?;
    for value in rest {
        let number = coerce::to_arithmetic_number(*value)?;
        if beats(number, best) {
            best = number;
        }
    }
    Ok(Value::Number(best))
}
