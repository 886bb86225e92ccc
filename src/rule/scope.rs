//! `Scope`: the data that a rule is evaluated against, and the arguments and the result of an evaluation.

use crate::context::EvaluationContext;
use crate::context::lookup_cost;
use crate::context::lookup_path_segment;
use crate::rule::coerce;
use crate::rule::error::EvalError;
use crate::value::OwnedValue;
use crate::value::Value;

// Measured with the texts that take the longest: a step is at most about 10 ns.
const BYTES_PER_STEP: usize = 4;
const COMPARED_BYTES_PER_STEP: usize = 64;
const SCANNED_BYTES_PER_STEP: usize = 8;
const PARSED_BYTES_PER_STEP: usize = 2;
// Nearly all texts are shorter. Work on them is bounded by the size of the rule, and in a list operation by the cost of
// its body, which is charged for each item.
const FREE_TEXT_BYTES: usize = 64;

/// The result of evaluating an expression.
pub type EvalResult<'a> = Result<Value<'a>, EvalError>;

/// Evaluated arguments.
#[derive(Debug, Clone, Copy)]
pub enum Args<'v, 'a> {
    /// A list of values.
    List(&'v [Value<'a>]),
    /// One value that is not a list.
    Single(Value<'a>),
}

impl<'v, 'a> Args<'v, 'a> {
    /// The arguments of an operator that requires a list.
    pub fn require_list(self) -> Result<&'v [Value<'a>], EvalError> {
        match self {
            Args::List(values) => Ok(values),
            Args::Single(_) => Err(EvalError::InvalidArguments),
        }
    }

    /// The argument at `index` of an operator that requires it.
    pub fn require(self, index: usize) -> EvalResult<'a> {
        let values = self.require_list()?;
        values
            .get(index)
            .copied()
            .ok_or(EvalError::InvalidArguments)
    }
}

/// The data that `var` reads.
#[derive(Debug, Clone, Copy)]
pub enum ScopeData<'a> {
    /// The evaluation context.
    Context,
    /// An item of a list.
    Item(Value<'a>),
}

/// Data of an enclosing list operation, which `var` searches before the data of its own operation.
///
/// flagd's library writes the values of outer variables into the body of `filter`, `some`, `none` and `all` before it
/// iterates over the items: an outer variable hides an item's member of the same name. The outermost data is searched
/// first.
#[derive(Debug, Clone, Copy)]
pub struct ScopeFrame<'s, 'a> {
    /// The data of this operation.
    pub data: ScopeData<'a>,
    /// The frame of the next outer operation, which is searched first.
    pub outer: Option<&'s ScopeFrame<'s, 'a>>,
}

/// The data that a rule is evaluated against.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'s, 'a> {
    /// The caller's context.
    pub context: &'s EvaluationContext<'a>,
    /// The data that `var` reads.
    pub data: ScopeData<'a>,
    /// The data of enclosing operations, which `var` reads first.
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

    /// Copies a text into the arena for the rest of the evaluation.
    pub fn alloc_text(&self, text: &str) -> EvalResult<'a> {
        self.spend_steps(text.len() / BYTES_PER_STEP)?;
        Ok(Value::Text(self.context.arena().alloc_str(text)))
    }

    /// Copies a list into the arena for the rest of the evaluation.
    pub fn alloc_list(&self, items: &[Value<'a>]) -> EvalResult<'a> {
        self.spend_for_list(items.len())?;
        Ok(Value::List(self.context.arena().alloc_slice_copy(items)))
    }

    /// Copies a map into the arena for the rest of the evaluation.
    pub fn alloc_map(&self, members: &[(&'a str, Value<'a>)]) -> EvalResult<'a> {
        self.spend_for_map(members.len())?;
        Ok(Value::Map(self.context.arena().alloc_slice_copy(members)))
    }

    /// Converts a constant into a value in the arena for the rest of the evaluation.
    pub fn alloc_literal(&self, literal: &'a OwnedValue) -> EvalResult<'a> {
        self.spend_for_map(literal.size())?;
        Ok(literal.to_value(self.context.arena()))
    }

    /// Charges the memory of a list with `len` items.
    pub fn spend_for_list(&self, len: usize) -> Result<(), EvalError> {
        self.spend_steps(len.saturating_mul(size_of::<Value<'_>>() / BYTES_PER_STEP))
    }

    /// Charges the memory of a map with `len` members.
    pub fn spend_for_map(&self, len: usize) -> Result<(), EvalError> {
        self.spend_steps(len.saturating_mul(size_of::<(&str, Value<'_>)>() / BYTES_PER_STEP))
    }

    /// Charges a comparison of the bytes of `text`.
    #[inline]
    pub fn spend_for_compare(&self, text: &str) -> Result<(), EvalError> {
        self.spend_for_text(text.len(), COMPARED_BYTES_PER_STEP)
    }

    /// Charges work on each of so many bytes: hashing or searching a text, or writing it to a buffer.
    #[inline]
    pub fn spend_for_scan(&self, bytes: usize) -> Result<(), EvalError> {
        self.spend_for_text(bytes, SCANNED_BYTES_PER_STEP)
    }

    /// Charges the parsing of `text` as a number or a version.
    #[inline]
    pub fn spend_for_parse(&self, text: &str) -> Result<(), EvalError> {
        self.spend_for_text(text.len(), PARSED_BYTES_PER_STEP)
    }

    #[inline]
    fn spend_for_text(&self, bytes: usize, bytes_per_step: usize) -> Result<(), EvalError> {
        if bytes < FREE_TEXT_BYTES {
            return Ok(());
        }
        self.spend_steps(bytes / bytes_per_step)
    }

    /// Charges the conversion of `value` to a number.
    pub fn spend_for_number(&self, value: Value<'_>) -> Result<(), EvalError> {
        match value {
            Value::Text(text) => self.spend_for_parse(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Map(_) => {
                Ok(())
            }
        }
    }

    /// The number that arithmetic works with, charged to the budget.
    pub fn to_arithmetic_number(&self, value: Value<'_>) -> Result<f64, EvalError> {
        self.spend_for_number(value)?;
        coerce::to_arithmetic_number(value)
    }

    /// [`lookup_path_segment`], charged to the budget.
    pub fn lookup_path_segment(&self, value: Value<'a>, part: &str) -> EvalResult<'a> {
        self.spend_steps(lookup_cost(value, part))?;
        Ok(lookup_path_segment(value, part))
    }

    /// Charges the evaluation's step budget.
    pub fn spend_steps(&self, steps: usize) -> Result<(), EvalError> {
        if self.context.spend_steps(steps) {
            Ok(())
        } else {
            Err(EvalError::StepLimitExceeded)
        }
    }
}
