//! The targeting language: `JSONLogic` as flagd evaluates it, compiled once per load.
//!
//! `compile` turns a rule as written into a [`decision_tree::DecisionTree`] whose leaves are variants; `eval` evaluates
//! it. Everything that can be known when a flag loads is computed then: attributes are slots, constants are folded,
//! sets and versions are prepared, weights are summed. The language: <https://flagd.dev/reference/custom-operations/>
//! and <https://jsonlogic.com/operations.html>; where they are ambiguous, flagd's behaviour applies.
//!
//! A value from the caller's context is never evaluated as a rule.
//!
//! The only import cycle is the recursion of evaluation: `eval` with `eval::condition`, `operator::list_op`,
//! `operator::var` and `bucketing::fractional`, whose operands are rules.

mod error;
mod scope;
mod text_buffer;
pub mod coerce;
pub mod syntax;
pub mod ast;
pub mod bucketing;
pub mod operator;
pub mod eval;
pub mod decision_tree;
pub mod compile;

pub use crate::rule::ast::ArgumentRules;
pub use crate::rule::ast::Rule;
pub use crate::rule::error::EvalError;
pub use crate::rule::scope::EvalResult;
pub use crate::rule::scope::Scope;
