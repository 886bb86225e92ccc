//! The list operations `map`, `filter`, `reduce`, `all`, `some` and `none`, which evaluate a rule for each item.

use crate::rule::ast::ListOp;
use crate::rule::ast::ListOpKind;
use crate::rule::ast::ListOpOperand;
use crate::rule::ast::Rule;
use crate::rule::coerce::is_truthy;
use crate::rule::error::EvalError;
use crate::rule::eval::eval;
use crate::rule::operator::var;
use crate::rule::scope::EvalResult;
use crate::rule::scope::Scope;
use crate::rule::scope::ScopeData;
use crate::rule::scope::ScopeFrame;
use crate::rule::text_buffer::TextBuffer;
use crate::value::Value;

/// The result of the operation.
pub fn eval_list_op<'a>(op: &'a ListOp, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    match op.kind {
        ListOpKind::Map => eval_map(op, scope),
        ListOpKind::Filter => eval_filter(op, scope),
        ListOpKind::Reduce => eval_reduce(op, scope),
        ListOpKind::All | ListOpKind::Some | ListOpKind::None => eval_quantifier(op, scope),
    }
}

/// The list, or a value that is not a list; null if there is no input.
fn eval_input<'a>(op: &'a ListOp, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let Some(input) = &op.input else {
        return Ok(Value::Null);
    };
    // A scalar that an enclosing operation has substituted counts as null.
    match input.substituted(scope)? {
        Value::Null => eval(&input.rule, scope),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) => Ok(Value::Null),
        value @ (Value::List(_) | Value::Map(_)) => Ok(value),
    }
}

fn require_items(input: Value<'_>) -> Result<&[Value<'_>], EvalError> {
    match input {
        Value::Null => Ok(&[]),
        Value::List(items) => Ok(items),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => {
            Err(EvalError::InvalidArguments)
        }
    }
}

/// Evaluates the body for one item. flagd's library requires an operation as the body, and a `var` that was replaced by
/// its value is no longer an operation; `map` and `filter` accept any rule.
fn eval_body<'a>(op: &'a ListOp, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    scope.spend_steps(op.body_cost as usize)?;
    if !matches!(op.kind, ListOpKind::Map | ListOpKind::Filter) {
        match op.body.substituted(scope)? {
            Value::Null => {}
            map @ Value::Map(_) => return Ok(map),
            _ => return Err(EvalError::InvalidArguments),
        }
    }
    eval(&op.body.rule, scope)
}

/// Evaluates the body for one item, with the data that flagd's library substitutes into the body beforehand: the data
/// of the operation for `filter`, `some` and `none`, and the item for `all` and `some`.
fn eval_item<'a>(op: &'a ListOp, item: Value<'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let data = ScopeData::Item(item);
    let outer = ScopeFrame {
        data: scope.data,
        outer: scope.frames,
    };
    let before = match op.kind {
        ListOpKind::Filter | ListOpKind::Some | ListOpKind::None => Some(&outer),
        ListOpKind::Map | ListOpKind::Reduce | ListOpKind::All => scope.frames,
    };
    let own = ScopeFrame {
        data,
        outer: before,
    };
    let frames = match op.kind {
        ListOpKind::All | ListOpKind::Some => Some(&own),
        ListOpKind::Map | ListOpKind::Filter | ListOpKind::Reduce | ListOpKind::None => before,
    };
    let inner = Scope {
        data,
        frames,
        ..*scope
    };
    eval_body(op, &inner)
}

fn eval_map<'a>(op: &'a ListOp, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let items = require_items(eval_input(op, scope)?)?.iter();
    let mapped: Result<Vec<_>, EvalError> = items.map(|item| eval_item(op, *item, scope)).collect();
    scope.alloc_list(&mapped?)
}

fn eval_filter<'a>(op: &'a ListOp, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let mut kept = Vec::new();
    for item in require_items(eval_input(op, scope)?)? {
        if is_truthy(eval_item(op, *item, scope)?) {
            kept.push(*item);
        }
    }
    scope.alloc_list(&kept)
}

/// `all`, `some` and `none`: searches for the first item whose truth decides the result.
fn eval_quantifier<'a>(op: &'a ListOp, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let (decisive, early, otherwise, if_empty) = match op.kind {
        ListOpKind::All => (false, false, true, false),
        ListOpKind::Some => (true, true, false, false),
        _ => (true, false, true, true),
    };
    let input = eval_input(op, scope)?;
    if !is_truthy(input) {
        return Ok(Value::Bool(if_empty));
    }
    for item in require_items(input)? {
        if is_truthy(eval_item(op, *item, scope)?) == decisive {
            return Ok(Value::Bool(early));
        }
    }
    Ok(Value::Bool(otherwise))
}

fn eval_reduce<'a>(op: &'a ListOp, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let mut accumulator = eval(&op.initial, scope)?;
    let kind = match accumulator {
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::Text(_) => "string",
        Value::Null | Value::List(_) | Value::Map(_) => return Err(EvalError::InvalidArguments),
    };
    let input = eval_input(op, scope)?;
    if input.is_null() {
        return Ok(Value::Number(0.0));
    }
    for item in require_items(input)?.iter().filter(|item| !item.is_null()) {
        let members = [
            ("current", *item),
            ("accumulator", accumulator),
            ("valueType", Value::Text(kind)),
        ];
        let next = eval_item(op, scope.alloc_map(&members)?, scope)?;
        accumulator = coerce_to_accumulator_type(accumulator, next, scope)?;
    }
    Ok(accumulator)
}

/// `next`, converted to the type of the accumulator.
fn coerce_to_accumulator_type<'a>(
    accumulator: Value<'a>,
    next: Value<'a>,
    scope: &Scope<'_, 'a>,
) -> EvalResult<'a> {
    match (accumulator, next) {
        (Value::Bool(_), next) => Ok(Value::Bool(is_truthy(next))),
        (Value::Number(_), next) => scope.to_arithmetic_number(next).map(Value::Number),
        (_, text @ Value::Text(_)) => Ok(text),
        (_, next) => {
            let mut buffer = TextBuffer::default();
            buffer.append(next, scope)?;
            scope.alloc_text(buffer.as_str())
        }
    }
}

impl ListOpOperand {
    /// The value that an enclosing operation has substituted for a bare `var`, otherwise null.
    fn substituted<'a>(&'a self, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
        match &self.rule {
            Rule::Var(var) if self.is_bare_var && !var.innermost_only => {
                var::eval_in_outer_frames(var, scope.frames, scope)
            }
            _ => Ok(Value::Null),
        }
    }
}
