//! Operations that run a rule over the items of a list.

use crate::rule::Fault;
use crate::rule::Rule;
use crate::rule::coerce;
use crate::rule::coerce::truthy;
use crate::rule::eval::Data;
use crate::rule::eval::Frame;
use crate::rule::eval::Scope;
use crate::rule::eval::eval;
use crate::rule::operator::Evaluated;
use crate::rule::text::Buffer;
use crate::rule::var;
use crate::value::Value;

/// One list operation.
#[derive(Debug, Clone)]
pub struct Each {
    /// What is done.
    pub kind: EachKind,
    /// The list; `None` where something stands that can be none.
    pub subject: Option<Part>,
    /// What is evaluated for each item.
    pub body: Part,
    /// Where `reduce` begins.
    pub initial: Rule,
}

/// A rule, and whether it was written as a `var` and nothing else. There, and only there, it shows that flagd's library
/// has put a value in place of the `var` before it evaluates.
#[derive(Debug, Clone)]
pub struct Part {
    /// The rule.
    pub rule: Rule,
    /// Whether it is a bare `var`.
    pub bare: bool,
}

impl Part {
    /// The value that an enclosing operation has put in place of a bare `var`; null if there is none.
    fn substituted<'a>(&'a self, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
        match &self.rule {
            Rule::Var(var) if self.bare && !var.local => var::read_outer(var, scope.frames, scope),
            _ => Ok(Value::Null),
        }
    }
}

/// What is done with the items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the language")]
pub enum EachKind {
    Map,
    Filter,
    Reduce,
    All,
    Some,
    None,
}

/// The result of the operation.
pub fn run<'a>(each: &'a Each, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    match each.kind {
        EachKind::Map => map(each, scope),
        EachKind::Filter => filter(each, scope),
        EachKind::Reduce => reduce(each, scope),
        EachKind::All | EachKind::Some | EachKind::None => quantify(each, scope),
    }
}

/// The list, or a value that is none; null where there is nothing.
fn subject<'a>(each: &'a Each, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    let Some(subject) = &each.subject else {
        return Ok(Value::Null);
    };
    // A plain value that an enclosing operation has written here counts as nothing.
    match subject.substituted(scope)? {
        Value::Null => eval(&subject.rule, scope),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) => Ok(Value::Null),
        value @ (Value::List(_) | Value::Map(_)) => Ok(value),
    }
}

fn items(subject: Value<'_>) -> Result<&[Value<'_>], Fault> {
    match subject {
        Value::Null => Ok(&[]),
        Value::List(items) => Ok(items),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => Err(Fault::Arguments),
    }
}

/// Evaluates the body for one item. flagd's library insists on an operation there, which a `var` that was replaced by
/// its value no longer is; `map` and `filter` do not insist.
fn body<'a>(each: &'a Each, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    scope.spend(1)?;
    if !matches!(each.kind, EachKind::Map | EachKind::Filter) {
        match each.body.substituted(scope)? {
            Value::Null => {}
            map @ Value::Map(_) => return Ok(map),
            _ => return Err(Fault::Arguments),
        }
    }
    eval(&each.body.rule, scope)
}

/// Evaluates the body for one item, with the enclosing data that flagd's library has put into it beforehand: that of the
/// operation itself for `filter`, `some` and `none`, and the item for `all` and `some`.
fn over<'a>(each: &'a Each, item: Value<'a>, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    let data = Data::Item(item);
    let outer = Frame {
        data: scope.data,
        older: scope.frames,
    };
    let before = match each.kind {
        EachKind::Filter | EachKind::Some | EachKind::None => Some(&outer),
        EachKind::Map | EachKind::Reduce | EachKind::All => scope.frames,
    };
    let own = Frame {
        data,
        older: before,
    };
    let frames = match each.kind {
        EachKind::All | EachKind::Some => Some(&own),
        EachKind::Map | EachKind::Filter | EachKind::Reduce | EachKind::None => before,
    };
    let inner = Scope {
        data,
        frames,
        ..*scope
    };
    body(each, &inner)
}

fn map<'a>(each: &'a Each, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    let items = items(subject(each, scope)?)?.iter();
    let mapped: Result<Vec<_>, Fault> = items.map(|item| over(each, *item, scope)).collect();
    scope.keep_list(&mapped?)
}

fn filter<'a>(each: &'a Each, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    let mut kept = Vec::new();
    for item in items(subject(each, scope)?)? {
        if truthy(over(each, *item, scope)?) {
            kept.push(*item);
        }
    }
    scope.keep_list(&kept)
}

/// `all`, `some` and `none`: looks for the first item whose truth settles the matter.
fn quantify<'a>(each: &'a Each, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    let (settles, settled, otherwise, of_nothing) = match each.kind {
        EachKind::All => (false, false, true, false),
        EachKind::Some => (true, true, false, false),
        _ => (true, false, true, true),
    };
    let subject = subject(each, scope)?;
    if !truthy(subject) {
        return Ok(Value::Bool(of_nothing));
    }
    for item in items(subject)? {
        if truthy(over(each, *item, scope)?) == settles {
            return Ok(Value::Bool(settled));
        }
    }
    Ok(Value::Bool(otherwise))
}

fn reduce<'a>(each: &'a Each, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    let mut sum = eval(&each.initial, scope)?;
    let kind = match sum {
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::Text(_) => "string",
        Value::Null | Value::List(_) | Value::Map(_) => return Err(Fault::Arguments),
    };
    let subject = subject(each, scope)?;
    if subject.is_null() {
        return Ok(Value::Number(0.0));
    }
    for item in items(subject)?.iter().filter(|item| !item.is_null()) {
        let members = [
            ("current", *item),
            ("accumulator", sum),
            ("valueType", Value::Text(kind)),
        ];
        let next = over(each, scope.keep_map(&members)?, scope)?;
        sum = like(sum, next, scope)?;
    }
    Ok(sum)
}

/// `next` as the type that the reduction began with.
fn like<'a>(sum: Value<'a>, next: Value<'a>, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    match (sum, next) {
        (Value::Bool(_), next) => Ok(Value::Bool(truthy(next))),
        (Value::Number(_), next) => coerce::arithmetic(next).map(Value::Number),
        (_, text @ Value::Text(_)) => Ok(text),
        (_, next) => {
            let mut buffer = Buffer::default();
            coerce::write_text(&mut buffer, next)?;
            scope.keep_text(buffer.as_str())
        }
    }
}
