//! The abstract values that symbolic execution assigns to an expression for a set of contexts.

use bumpalo::Bump;
use ecow::EcoString;

use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::program::ResultKind;
use crate::rule::EvalError;
use crate::rule::coerce;
use crate::rule::decision_tree;
use crate::rule::decision_tree::Leaf;
use crate::value::OwnedValue;

/// Error: the number of cases exceeds the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyCases;

/// The result of an expression for all contexts of a set.
#[derive(Debug, Clone, PartialEq)]
pub enum AbstractValue {
    /// It is truthy, or falsy.
    Truthiness(bool),
    /// It yields this leaf.
    Leaf(Leaf),
    /// It is this value.
    Constant(OwnedValue),
    /// Its evaluation fails.
    Fault,
    /// It is the value of an opaque expression, by its index.
    Opaque(usize),
}

/// A set of contexts, and the result of an expression for all of them.
pub type ExecutionCase = (ContextSet, AbstractValue);

impl AbstractValue {
    /// The abstract value of a constant; `names` are the variants that it may name.
    pub fn from_constant(
        constant: &OwnedValue,
        want: ResultKind,
        names: &[EcoString],
    ) -> AbstractValue {
        if want == ResultKind::Value {
            return AbstractValue::Constant(constant.clone());
        }
        let arena = Bump::new();
        let value = constant.to_value(&arena);
        match want {
            ResultKind::Truthiness => AbstractValue::Truthiness(coerce::is_truthy(value)),
            _ => AbstractValue::Leaf(decision_tree::leaf_for_value(
                Ok::<_, EvalError>(value),
                names,
            )),
        }
    }
}
