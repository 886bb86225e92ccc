//! Walks a compiled rule. The rule, the context and whatever the walk makes live equally long.

use smallvec::SmallVec;

use crate::context::Context;
use crate::rule::Arguments;
use crate::rule::Fault;
use crate::rule::Rule;
use crate::rule::coerce::truthy;
use crate::rule::condition::holds;
use crate::rule::each;
use crate::rule::fractional::Pick;
use crate::rule::fractional::Split;
use crate::rule::operator::Evaluated;
use crate::rule::operator::Given;
use crate::rule::var;
use crate::value::Literal;
use crate::value::Value;

/// What `var` reads from.
#[derive(Debug, Clone, Copy)]
pub enum Data<'a> {
    /// The evaluation context.
    Root,
    /// An item of a list.
    Item(Value<'a>),
}

/// Data of an enclosing list operation that `var` asks before its own.
///
/// flagd's library writes the values of outer variables into the body of `filter`, `some`, `none` and `all` before it
/// runs over the items: an outer variable hides an item's member of the same name. Oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'s, 'a> {
    /// Where to look.
    pub data: Data<'a>,
    /// Where to look before.
    pub older: Option<&'s Frame<'s, 'a>>,
}

/// Where a rule is evaluated.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'s, 'a> {
    /// The caller's context.
    pub context: &'s Context<'a>,
    /// What `var` reads.
    pub data: Data<'a>,
    /// What `var` reads first.
    pub frames: Option<&'s Frame<'s, 'a>>,
}

impl<'s, 'a> Scope<'s, 'a> {
    /// The outermost scope.
    pub fn root(context: &'s Context<'a>) -> Scope<'s, 'a> {
        Scope {
            context,
            data: Data::Root,
            frames: None,
        }
    }

    /// Keeps a text for the rest of the evaluation.
    pub fn keep_text(&self, text: &str) -> Evaluated<'a> {
        self.spend(text.len() / 64)?;
        Ok(Value::Text(self.context.arena().alloc_str(text)))
    }

    /// Keeps a list for the rest of the evaluation.
    pub fn keep_list(&self, items: &[Value<'a>]) -> Evaluated<'a> {
        self.spend(items.len())?;
        Ok(Value::List(self.context.arena().alloc_slice_copy(items)))
    }

    /// Keeps a map for the rest of the evaluation.
    pub fn keep_map(&self, members: &[(&'a str, Value<'a>)]) -> Evaluated<'a> {
        self.spend(members.len())?;
        Ok(Value::Map(self.context.arena().alloc_slice_copy(members)))
    }

    /// Lays a constant out for the rest of the evaluation.
    pub fn keep_literal(&self, literal: &'a Literal) -> Evaluated<'a> {
        self.spend(literal.size())?;
        Ok(literal.to_value(self.context.arena()))
    }

    /// Counts the reading of a text against the evaluation's allowance.
    pub fn spend_on(&self, text: &str) -> Result<(), Fault> {
        if text.len() < 64 {
            return Ok(());
        }
        self.spend(text.len() / 64)
    }

    /// Counts work against the evaluation's allowance.
    pub fn spend(&self, steps: usize) -> Result<(), Fault> {
        if self.context.spend(steps) {
            Ok(())
        } else {
            Err(Fault::Steps)
        }
    }
}

/// The value of `rule`.
pub fn eval<'a>(rule: &'a Rule, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    match rule {
        Rule::Null => Ok(Value::Null),
        Rule::Bool(b) => Ok(Value::Bool(*b)),
        Rule::Number(n) => Ok(Value::Number(*n)),
        Rule::Text(s) => Ok(Value::Text(s)),
        Rule::Slot(slot) => Ok(scope.context.slot(*slot)),
        Rule::Compare(_) | Rule::Among(_) => Ok(Value::Bool(holds(rule, scope)?)),
        Rule::And(rules) => until(rules, scope, false),
        Rule::Or(rules) => until(rules, scope, true),
        Rule::If(rules) => branch(rules, scope),
        Rule::Version(test) => Ok(test.apply(eval(&test.value, scope)?)),
        Rule::Split(parts) => split(parts, scope),
        Rule::Literal(literal) => scope.keep_literal(literal),
        Rule::List(rules) => scope.keep_list(&eval_all(rules, scope)?),
        Rule::Clock => Ok(Value::Number(scope.context.seconds())),
        Rule::Var(var) => var::read(var, scope),
        Rule::Fractional(fractional) => fractional.eval(scope),
        Rule::Each(each) => each::run(each, scope),
        Rule::Apply(parts) => {
            let (operator, arguments) = &**parts;
            with_arguments(arguments, scope, |given| operator.apply(given, scope))
        }
        Rule::Fault(fault) => Err(*fault),
    }
}

/// Hands evaluated arguments to `then`.
pub fn with_arguments<'a>(
    arguments: &'a Arguments,
    scope: &Scope<'_, 'a>,
    then: impl FnOnce(Given<'_, 'a>) -> Evaluated<'a>,
) -> Evaluated<'a> {
    match arguments {
        Arguments::List(rules) => then(Given::List(&eval_all(rules, scope)?)),
        Arguments::Single(rule) => match eval(rule, scope)? {
            Value::List(values) => then(Given::List(values)),
            value => then(Given::Single(value)),
        },
    }
}

/// The values of `rules`, in their order.
pub fn eval_all<'a>(
    rules: &'a [Rule],
    scope: &Scope<'_, 'a>,
) -> Result<SmallVec<[Value<'a>; 4]>, Fault> {
    rules.iter().map(|rule| eval(rule, scope)).collect()
}

fn until<'a>(rules: &'a [Rule], scope: &Scope<'_, 'a>, stop_at: bool) -> Evaluated<'a> {
    let mut last = Value::Null;
    for rule in rules {
        last = eval(rule, scope)?;
        if truthy(last) == stop_at {
            break;
        }
    }
    Ok(last)
}

fn branch<'a>(rules: &'a [Rule], scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    for clause in rules.chunks(2) {
        match clause {
            [condition, then] if holds(condition, scope)? => return eval(then, scope),
            [otherwise] => return eval(otherwise, scope),
            _ => {}
        }
    }
    Ok(Value::Null)
}

fn split<'a>(parts: &'a (Split, Box<[Rule]>), scope: &Scope<'_, 'a>) -> Evaluated<'a> {
    let (split, values) = parts;
    match split.pick(scope)? {
        Pick::Nothing => Ok(Value::Null),
        Pick::Share(index) => values
            .get(index)
            .map_or(Ok(Value::Null), |v| eval(v, scope)),
        Pick::Value(value) => Ok(value),
    }
}
