//! Operations that run a rule over the items of a list.

use crate::rule::EvalError;
use crate::rule::Rule;
use crate::rule::coerce;
use crate::rule::coerce::is_truthy;
use crate::rule::eval::Scope;
use crate::rule::eval::ScopeData;
use crate::rule::eval::ScopeFrame;
use crate::rule::eval::eval;
use crate::rule::operator::EvalResult;
use crate::rule::operator::string_ops::TextBuffer;
use crate::rule::operator::var;
use crate::value::Value;

/// One list operation.
#[derive(Debug, Clone)]
pub struct ListOp {
    /// What is done.
    pub kind: ListOpKind,
    /// The list; `None` where something stands that can be none.
    pub input: Option<ListOpOperand>,
    /// What is evaluated for each item.
    pub body: ListOpOperand,
    /// Where `reduce` begins.
    pub initial: Rule,
}

/// A rule, and whether it was written as a `var` and nothing else. There, and only there, it shows that flagd's library
/// has put a value in place of the `var` before it evaluates.
#[derive(Debug, Clone)]
pub struct ListOpOperand {
    /// The rule.
    pub rule: Rule,
    /// Whether it is a bare `var`.
    pub is_bare_var: bool,
}

impl ListOpOperand {
    /// The value that an enclosing operation has put in place of a bare `var`; null if there is none.
    fn substituted<'a>(&'a self, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
        match &self.rule {
            Rule::Var(var) if self.is_bare_var && !var.innermost_only => {
                var::eval_in_outer_frames(var, scope.frames, scope)
            }
            _ => Ok(Value::Null),
        }
    }
}

/// What is done with the items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the language")]
pub enum ListOpKind {
    Map,
    Filter,
    Reduce,
    All,
    Some,
    None,
}

/// The result of the operation.
pub fn eval_list_op<'a>(each: &'a ListOp, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    match each.kind {
        ListOpKind::Map => eval_map(each, scope),
        ListOpKind::Filter => eval_filter(each, scope),
        ListOpKind::Reduce => eval_reduce(each, scope),
        ListOpKind::All | ListOpKind::Some | ListOpKind::None => eval_quantifier(each, scope),
    }
}

/// The list, or a value that is none; null where there is nothing.
fn eval_input<'a>(each: &'a ListOp, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let Some(subject) = &each.input else {
        return Ok(Value::Null);
    };
    // A plain value that an enclosing operation has written here counts as nothing.
    match subject.substituted(scope)? {
        Value::Null => eval(&subject.rule, scope),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) => Ok(Value::Null),
        value @ (Value::List(_) | Value::Map(_)) => Ok(value),
    }
}

fn require_items(subject: Value<'_>) -> Result<&[Value<'_>], EvalError> {
    match subject {
        Value::Null => Ok(&[]),
        Value::List(items) => Ok(items),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => {
            Err(EvalError::InvalidArguments)
        }
    }
}

/// Evaluates the body for one item. flagd's library insists on an operation there, which a `var` that was replaced by
/// its value no longer is; `map` and `filter` do not insist.
fn eval_body<'a>(each: &'a ListOp, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    scope.spend_steps(1)?;
    if !matches!(each.kind, ListOpKind::Map | ListOpKind::Filter) {
        match each.body.substituted(scope)? {
            Value::Null => {}
            map @ Value::Map(_) => return Ok(map),
            _ => return Err(EvalError::InvalidArguments),
        }
    }
    eval(&each.body.rule, scope)
}

/// Evaluates the body for one item, with the enclosing data that flagd's library has put into it beforehand: that of the
/// operation itself for `filter`, `some` and `none`, and the item for `all` and `some`.
fn eval_item<'a>(each: &'a ListOp, item: Value<'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let data = ScopeData::Item(item);
    let outer = ScopeFrame {
        data: scope.data,
        outer: scope.frames,
    };
    let before = match each.kind {
        ListOpKind::Filter | ListOpKind::Some | ListOpKind::None => Some(&outer),
        ListOpKind::Map | ListOpKind::Reduce | ListOpKind::All => scope.frames,
    };
    let own = ScopeFrame {
        data,
        outer: before,
    };
    let frames = match each.kind {
        ListOpKind::All | ListOpKind::Some => Some(&own),
        ListOpKind::Map | ListOpKind::Filter | ListOpKind::Reduce | ListOpKind::None => before,
    };
    let inner = Scope {
        data,
        frames,
        ..*scope
    };
    eval_body(each, &inner)
}

fn eval_map<'a>(each: &'a ListOp, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let items = require_items(eval_input(each, scope)?)?.iter();
    let mapped: Result<Vec<_>, EvalError> =
        items.map(|item| eval_item(each, *item, scope)).collect();
    scope.alloc_list(&mapped?)
}

fn eval_filter<'a>(each: &'a ListOp, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let mut kept = Vec::new();
    for item in require_items(eval_input(each, scope)?)? {
        if is_truthy(eval_item(each, *item, scope)?) {
            kept.push(*item);
        }
    }
    scope.alloc_list(&kept)
}

/// `all`, `some` and `none`: looks for the first item whose truth settles the matter.
fn eval_quantifier<'a>(each: &'a ListOp, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let (settles, settled, otherwise, of_nothing) = match each.kind {
        ListOpKind::All => (false, false, true, false),
        ListOpKind::Some => (true, true, false, false),
        _ => (true, false, true, true),
    };
    let subject = eval_input(each, scope)?;
    if !is_truthy(subject) {
        return Ok(Value::Bool(of_nothing));
    }
    for item in require_items(subject)? {
        if is_truthy(eval_item(each, *item, scope)?) == settles {
            return Ok(Value::Bool(settled));
        }
    }
    Ok(Value::Bool(otherwise))
}

fn eval_reduce<'a>(each: &'a ListOp, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
    let mut sum = eval(&each.initial, scope)?;
    let kind = match sum {
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::Text(_) => "string",
        Value::Null | Value::List(_) | Value::Map(_) => return Err(EvalError::InvalidArguments),
    };
    let subject = eval_input(each, scope)?;
    if subject.is_null() {
        return Ok(Value::Number(0.0));
    }
    for item in require_items(subject)?
        .iter()
        .filter(|item| !item.is_null())
    {
        let members = [
            ("current", *item),
            ("accumulator", sum),
            ("valueType", Value::Text(kind)),
        ];
        let next = eval_item(each, scope.alloc_map(&members)?, scope)?;
        sum = coerce_to_accumulator_type(sum, next, scope)?;
    }
    Ok(sum)
}

/// `next` as the type that the reduction began with.
fn coerce_to_accumulator_type<'a>(
    sum: Value<'a>,
    next: Value<'a>,
    scope: &Scope<'_, 'a>,
) -> EvalResult<'a> {
    match (sum, next) {
        (Value::Bool(_), next) => Ok(Value::Bool(is_truthy(next))),
        (Value::Number(_), next) => coerce::to_arithmetic_number(next).map(Value::Number),
        (_, text @ Value::Text(_)) => Ok(text),
        (_, next) => {
            let mut buffer = TextBuffer::default();
            coerce::write_text(&mut buffer, next)?;
            scope.alloc_text(buffer.as_str())
        }
    }
}
