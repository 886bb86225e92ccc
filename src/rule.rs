//! The targeting language: `JSONLogic` as flagd evaluates it, compiled once per load.
//!
//! `compile` turns a rule as written into a [`decision_tree::DecisionTree`] whose leaves are variants; `eval` walks it. Everything that can
//! be known when a flag loads is known then: attributes are slots, constants are folded, sets and versions are
//! prepared, weights are summed. The language: <https://flagd.dev/reference/custom-operations/> and
//! <https://jsonlogic.com/operations.html>; where they leave room, what flagd answers decides.
//!
//! A value that comes out of the caller's context is data. It is never looked at as a rule.

pub mod coerce;
pub mod compile;
pub mod eval;
pub mod syntax;
pub mod operator;
pub mod decision_tree;
pub mod bucketing;

use ecow::EcoString;

use crate::rule::bucketing::fractional::ConstantFractional;
use crate::rule::bucketing::fractional::DynamicFractional;
use crate::rule::operator::Operator;
use crate::rule::operator::comparison::ComparisonOp;
use crate::rule::operator::in_set::InSet;
use crate::rule::operator::list_op::ListOp;
use crate::rule::operator::semver::VersionTest;
use crate::rule::operator::var::Var;
use crate::value::OwnedValue;

/// Why a rule has no value. flagd answers every one of them with `PARSE_ERROR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvalError {
    /// The rule names an operator that does not exist, or an evaluator that cannot be resolved.
    UnresolvedName,
    /// An operator got arguments of a type or number that it cannot work with.
    InvalidArguments,
    /// The evaluation took more steps than any evaluation may.
    StepLimitExceeded,
}

/// A compiled expression.
#[derive(Debug, Clone)]
pub enum Rule {
    /// A constant.
    Null,
    /// A constant.
    Bool(bool),
    /// A constant.
    Number(f64),
    /// A constant.
    Text(EcoString),
    /// A constant array or object.
    Literal(OwnedValue),
    /// An array whose items are expressions.
    List(Box<[Rule]>),
    /// An attribute of the context.
    Slot(u16),
    /// `$flagd.timestamp`.
    Timestamp,
    /// Any other way to read data: with a default, inside a list operation, or by a computed name.
    Var(Box<Var>),
    /// The first falsy value, or the last one.
    And(Box<[Rule]>),
    /// The first truthy value, or the last one.
    Or(Box<[Rule]>),
    /// Conditions and results in turn, and perhaps a last result.
    If(Box<[Rule]>),
    /// A comparison of two values.
    Compare(Box<(ComparisonOp, Rule, Rule)>),
    /// `in` a constant list.
    InSet(Box<InSet>),
    /// `sem_ver` with a constant operator and version.
    VersionTest(Box<VersionTest>),
    /// `fractional` with constant weights, and the value of each share.
    ConstantFractional(Box<(ConstantFractional, Box<[Rule]>)>),
    /// `fractional` in general.
    DynamicFractional(Box<DynamicFractional>),
    /// `map`, `filter`, `reduce`, `all`, `some`, `none`.
    ListOp(Box<ListOp>),
    /// Every operator that evaluates all its arguments first.
    Apply(Box<(Operator, ArgumentRules)>),
    /// What cannot be evaluated; an error only when it is reached.
    Invalid(EvalError),
}

/// The arguments of an operator.
#[derive(Debug, Clone)]
pub enum ArgumentRules {
    /// Written as a list.
    List(Box<[Rule]>),
    /// Written without brackets; a list that it yields is the argument list.
    Single(Rule),
}

impl ArgumentRules {
    /// The arguments, if they are written as a list.
    pub fn as_list(&self) -> Option<&[Rule]> {
        match self {
            ArgumentRules::List(rules) => Some(rules),
            ArgumentRules::Single(_) => None,
        }
    }
}

impl Rule {
    /// The rule that yields `literal`.
    pub fn from_literal(literal: OwnedValue) -> Rule {
        match literal {
            OwnedValue::Null => Rule::Null,
            OwnedValue::Bool(b) => Rule::Bool(b),
            OwnedValue::Number(n) => Rule::Number(n),
            OwnedValue::Text(s) => Rule::Text(s),
            OwnedValue::List(_) | OwnedValue::Map(_) => Rule::Literal(literal),
        }
    }

    /// The value of a rule that is a constant.
    pub fn as_constant(&self) -> Option<OwnedValue> {
        match self {
            Rule::Null => Some(OwnedValue::Null),
            Rule::Bool(b) => Some(OwnedValue::Bool(*b)),
            Rule::Number(n) => Some(OwnedValue::Number(*n)),
            Rule::Text(s) => Some(OwnedValue::Text(s.clone())),
            Rule::Literal(literal) => Some(literal.clone()),
            _ => None,
        }
    }

    /// Whether this is a constant.
    pub fn is_constant(&self) -> bool {
        matches!(
            self,
            Rule::Null | Rule::Bool(_) | Rule::Number(_) | Rule::Text(_) | Rule::Literal(_)
        )
    }

    /// The value, if this is a constant.
    ///
    /// # Errors
    /// The rule itself, if it is none.
    pub fn into_constant(self) -> Result<OwnedValue, Rule> {
        match self {
            Rule::Null => Ok(OwnedValue::Null),
            Rule::Bool(b) => Ok(OwnedValue::Bool(b)),
            Rule::Number(n) => Ok(OwnedValue::Number(n)),
            Rule::Text(s) => Ok(OwnedValue::Text(s)),
            Rule::Literal(literal) => Ok(literal),
            other => Err(other),
        }
    }

    /// Whether evaluating this cannot end in a fault.
    pub fn is_infallible(&self) -> bool {
        matches!(self, Rule::Slot(_) | Rule::Timestamp) || self.is_constant()
    }
}
