//! Numbers in, number out.

use crate::rule::Fault;
use crate::rule::coerce;
use crate::rule::operator::Evaluated;
use crate::rule::operator::Given;
use crate::rule::operator::Operator;
use crate::value::Value;

/// Carries out an arithmetic operator.
pub fn apply<'a>(operator: Operator, given: Given<'_, 'a>) -> Evaluated<'a> {
    let number = match operator {
        Operator::Add => match given {
            Given::Single(value) => coerce::arithmetic(value)?,
            // Go's sum starts at 0 unless there is just one number, so that +[-0] is -0 and +[-0, -0] is 0.
            Given::List([value]) => coerce::arithmetic(*value)?,
            Given::List(values) => fold(values, 0.0, |a, b| a + b)?,
        },
        Operator::Abs => match given {
            Given::Single(value) => coerce::arithmetic(value)?.abs(),
            Given::List(_) => coerce::arithmetic(given.at(0)?)?.abs(),
        },
        Operator::Subtract => match given.list()? {
            [] => 0.0,
            [value] => -coerce::arithmetic(*value)?,
            [first, rest @ ..] => fold(rest, coerce::arithmetic(*first)?, |a, b| a - b)?,
        },
        Operator::Multiply => fold(given.list()?, 1.0, |a, b| a * b)?,
        Operator::Divide => match given.list()? {
            [] => 0.0,
            [first, rest @ ..] => fold(rest, coerce::arithmetic(*first)?, |a, b| a / b)?,
        },
        Operator::Remainder => {
            coerce::arithmetic(given.at(0)?)? % coerce::arithmetic(given.at(1)?)?
        }
        Operator::Max => return extreme(given, |n, most| n > most),
        Operator::Min => return extreme(given, |n, least| n < least),
        _ => return Err(Fault::Unknown),
    };
    Ok(Value::Number(number))
}

fn fold(values: &[Value<'_>], start: f64, with: fn(f64, f64) -> f64) -> Result<f64, Fault> {
    values.iter().try_fold(start, |sum, value| {
        Ok(with(sum, coerce::arithmetic(*value)?))
    })
}

fn extreme<'a>(given: Given<'_, 'a>, beats: fn(f64, f64) -> bool) -> Evaluated<'a> {
    let Some((first, rest)) = given.list()?.split_first() else {
        return Ok(Value::Null);
    };
    let mut best = coerce::arithmetic(*first)?;
    for value in rest {
        let number = coerce::arithmetic(*value)?;
        if beats(number, best) {
            best = number;
        }
    }
    Ok(Value::Number(best))
}
