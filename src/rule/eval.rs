//! Walks a compiled rule. The rule, the context and whatever the walk makes live equally long.

pub(super) mod condition;

use smallvec::SmallVec;

use crate::context::EvaluationContext;
use crate::rule::ArgumentRules;
use crate::rule::EvalError;
use crate::rule::Rule;
use crate::rule::bucketing::fractional::ConstantFractional;
use crate::rule::bucketing::fractional::SelectedShare;
use crate::rule::coerce::is_truthy;
use crate::rule::eval::condition::eval_condition;
use crate::rule::operator::Args;
use crate::rule::operator::EvalResult;
use crate::rule::operator::list_op;
use crate::rule::operator::var;
use crate::value::OwnedValue;
use crate::value::Value;

/// What `var` reads from.
#[derive(Debug, Clone, Copy)]
pub enum ScopeData<'a> {
    /// The evaluation context.
    Context,
    /// An item of a list.
    Item(Value<'a>),
}

/// Data of an enclosing list operation that `var` asks before its own.
///
/// flagd's library writes the values of outer variables into the body of `filter`, `some`, `none` and `all` before it
/// runs over the items: an outer variable hides an item's member of the same name. Oldest first.
#[derive(Debug, Clone, Copy)]
pub struct ScopeFrame<'s, 'a> {
    /// Where to look.
    pub data: ScopeData<'a>,
    /// Where to look before.
    pub outer: Option<&'s ScopeFrame<'s, 'a>>,
}

/// Where a rule is evaluated.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'s, 'a> {
    /// The caller's context.
    pub context: &'s EvaluationContext<'a>,
    /// What `var` reads.
    pub data: ScopeData<'a>,
    /// What `var` reads first.
    pub frames: Option<&'s ScopeFrame<'s, 'a>>,
}

impl<'s, 'a> Scope<'s, 'a> {
    /// The outermost scope.
    pub fn root(context: &'s EvaluationContext<'a>) -> Scope<'s, 'a> {
        Scope {
            context,
            data: ScopeData::Context,
            frames: None,
        }
    }

    /// Keeps a text for the rest of the evaluation.
    pub fn alloc_text(&self, text: &str) -> EvalResult<'a> {
        self.spend_steps(text.len() / 64)?;
        Ok(Value::Text(self.context.arena().alloc_str(text)))
    }

    /// Keeps a list for the rest of the evaluation.
    pub fn alloc_list(&self, items: &[Value<'a>]) -> EvalResult<'a> {
        self.spend_steps(items.len())?;
        Ok(Value::List(self.context.arena().alloc_slice_copy(items)))
    }

    /// Keeps a map for the rest of the evaluation.
    pub fn alloc_map(&self, members: &[(&'a str, Value<'a>)]) -> EvalResult<'a> {
        self.spend_steps(members.len())?;
        Ok(Value::Map(self.context.arena().alloc_slice_copy(members)))
    }

    /// Lays a constant out for the rest of the evaluation.
    pub fn alloc_literal(&self, literal: &'a OwnedValue) -> EvalResult<'a> {
        self.spend_steps(literal.size())?;
        Ok(literal.to_value(self.context.arena()))
    }

    /// Counts the reading of a text against the evaluation's allowance.
    pub fn spend_steps_for_text(&self, text: &str) -> Result<(), EvalError> {
        if text.len() < 64 {
            return Ok(());
        }
        self.spend_steps(text.len() / 64)
    }

    /// Counts work against the evaluation's allowance.
    pub fn spend_steps(&self, steps: usize) -> Result<(), EvalError> {
        if self.context.spend_steps(steps) {
            Ok(())
        } else {
            Err(EvalError::StepLimitExceeded)
        }
    }
}

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
        Rule::VersionTest(test) => Ok(test.test_value(eval(&test.value, scope)?)),
        Rule::ConstantFractional(parts) => eval_constant_fractional(parts, scope),
        Rule::Literal(literal) => scope.alloc_literal(literal),
        Rule::List(rules) => scope.alloc_list(&eval_all(rules, scope)?),
        Rule::Timestamp => Ok(Value::Number(scope.context.unix_seconds())),
        Rule::Var(var) => var::eval_var(var, scope),
        Rule::DynamicFractional(fractional) => fractional.eval(scope),
        Rule::ListOp(each) => list_op::eval_list_op(each, scope),
        Rule::Apply(parts) => {
            let (operator, arguments) = &**parts;
            with_evaluated_args(arguments, scope, |given| operator.apply(given, scope))
        }
        Rule::Invalid(fault) => Err(*fault),
    }
}

/// Hands evaluated arguments to `then`.
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
