//! `EvalError`: the reasons why a rule cannot be evaluated.

/// The reason why a rule has no value. flagd returns `PARSE_ERROR` for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvalError {
    /// The rule names an operator that does not exist, or an evaluator that cannot be resolved.
    UnresolvedName,
    /// The arguments of an operator are of an invalid type or number.
    InvalidArguments,
    /// The evaluation exceeded the step limit.
    StepLimitExceeded,
}
