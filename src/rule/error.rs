//! `EvalError`: the reasons why a rule cannot be evaluated.

/// The reason why a rule has no value. flagd answers all of them with `PARSE_ERROR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvalError {
    /// The rule names an operator that does not exist, or an evaluator that cannot be resolved.
    UnresolvedName,
    /// An operator got arguments of a type or number that it cannot work with.
    InvalidArguments,
    /// The evaluation took more steps than any evaluation may.
    StepLimitExceeded,
}
