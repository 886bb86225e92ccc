//! Evaluates a compiled rule to a value. The rule, the context and all computed values have one lifetime.

pub(super) mod condition;

use smallvec::SmallVec;

use crate::rule::ast::ArgumentRules;
use crate::rule::ast::ConstantFractional;
use crate::rule::ast::Rule;
use crate::rule::bucketing::fractional::SelectedShare;
use crate::rule::coerce::is_truthy;
use crate::rule::error::EvalError;
use crate::rule::eval::condition::eval_condition;
use crate::rule::operator::list_op;
use crate::rule::operator::var;
use crate::rule::scope::Args;
use crate::rule::scope::EvalResult;
use crate::rule::scope::Scope;
use crate::value::Value;

/// The value of `rule`.
pub fn eval<'a>(rule: &'a Rule, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    match rule {
        Rule::Null => Ok(Value::Null),
        Rule::Bool(b) => Ok(Value::Bool(*b)),
        Rule::Number(n) => Ok(Value::Number(*n)),
        Rule::Text(s) => Ok(Value::Text(s)),
        Rule::Slot(slot) => Ok(scope.context.slot(*slot)),
        Rule::Compare(_) | Rule::InSet(_) => Ok(Value::Bool(eval_condition(rule, scope)?)),
        Rule::And(rules) => short_circuit(rules, scope, false),
        Rule::Or(rules) => short_circuit(rules, scope, true),
        Rule::If(rules) => eval_if(rules, scope),
        Rule::VersionTest(test) => {
            let value = eval(&test.value, scope)?;
            scope.spend_for_number(value)?;
            Ok(test.predicate.test_value(value))
        }
        Rule::PatternTest(test) => {
            let value = eval(&test.value, scope)?;
            Ok(Value::Bool(test.pattern.test_value(value, scope)?))
        }
        Rule::ConstantFractional(parts) => eval_constant_fractional(parts, scope),
        Rule::Literal(literal) => scope.alloc_literal(literal),
        Rule::List(rules) => scope.alloc_list(&eval_all(rules, scope)?),
        Rule::Timestamp => Ok(Value::Number(scope.context.unix_seconds())),
        Rule::Var(var) => var::eval_var(var, scope),
        Rule::DynamicFractional(fractional) => fractional.eval(scope),
        Rule::ListOp(op) => list_op::eval_list_op(op, scope),
        Rule::Apply(parts) => {
            let (operator, arguments) = &**parts;
            with_evaluated_args(arguments, scope, |args| operator.apply(args, scope))
        }
        Rule::Invalid(error) => Err(*error),
    }
}

/// Evaluates the arguments and passes them to `then`.
pub fn with_evaluated_args<'a>(
    arguments: &'a ArgumentRules,
    scope: &Scope<'_, 'a>,
    then: impl FnOnce(Args<'_, 'a>) -> EvalResult<'a>,
) -> EvalResult<'a> {
    match arguments {
        ArgumentRules::List(rules) => then(Args::List(&eval_all(rules, scope)?)),
        ArgumentRules::Single(rule) => match eval(rule, scope)? {
            Value::List(values) => then(Args::List(values)),
            value => then(Args::Single(value)),
        },
    }
}

/// The values of `rules`, in their order.
pub fn eval_all<'a>(
    rules: &'a [Rule],
    scope: &Scope<'_, 'a>,
) -> Result<SmallVec<[Value<'a>; 4]>, EvalError> {
    rules.iter().map(|rule| eval(rule, scope)).collect()
}

fn short_circuit<'a>(rules: &'a [Rule], scope: &Scope<'_, 'a>, stop_at: bool) -> EvalResult<'a> {
    let mut last = Value::Null;
    for rule in rules {
        last = eval(rule, scope)?;
        if is_truthy(last) == stop_at {
            break;
        }
    }
    Ok(last)
}

fn eval_if<'a>(rules: &'a [Rule], scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    for clause in rules.chunks(2) {
        match clause {
            [condition, then] if eval_condition(condition, scope)? => return eval(then, scope),
            [otherwise] => return eval(otherwise, scope),
            _ => {}
        }
    }
    Ok(Value::Null)
}

fn eval_constant_fractional<'a>(
    parts: &'a (ConstantFractional, Box<[Rule]>),
    scope: &Scope<'_, 'a>,
) -> EvalResult<'a> {
    let (split, values) = parts;
    match split.select_share(scope)? {
        SelectedShare::NoShare => Ok(Value::Null),
        SelectedShare::Index(index) => values
            .get(index)
            .map_or(Ok(Value::Null), |v| eval(v, scope)),
        SelectedShare::Value(value) => Ok(value),
    }
}
