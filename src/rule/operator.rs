//! The operators of the language: their names, and the dispatch of those that take evaluated arguments.

mod arithmetic;
mod merge_and_set;
pub(super) mod comparison;
pub mod in_set;
pub mod list_op;
mod membership;
mod missing;
pub mod pattern;
pub mod semver;
mod string_ops;
pub mod var;

use crate::document::rollout::bucketing;
use crate::rule::bucketing::vendor_hash;
use crate::rule::error::EvalError;
use crate::rule::operator::comparison::ComparisonOp;
use crate::rule::scope::Args;
use crate::rule::scope::EvalResult;
use crate::rule::scope::Scope;
use crate::value::Value;

/// An operator whose arguments are all evaluated before it is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the language")]
pub enum Operator {
    Not,
    ToBool,
    Compare(ComparisonOp),
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Max,
    Min,
    Abs,
    Cat,
    Substr,
    StartsWith,
    EndsWith,
    SemVer,
    In,
    Merge,
    Set,
    ContainsAll,
    ContainsAny,
    ContainsNone,
    Missing,
    MissingSome,
    VendorBucket,
    Matches,
}

/// The operators that evaluate their own arguments and require a list of them.
pub const LAZY_LIST_OPERATORS: [&str; 10] = [
    "and", "or", "if", "?:", "map", "filter", "reduce", "all", "none", "some",
];

/// The operators that evaluate their own arguments and do not require a list.
const OTHER_LAZY_OPERATORS: [&str; 3] = ["var", "fractional", "fractionalEvaluation"];

const EAGER_OPERATORS: [(&str, Operator); 33] = [
    ("!", Operator::Not),
    ("!!", Operator::ToBool),
    ("==", Operator::Compare(ComparisonOp::Equal)),
    ("!=", Operator::Compare(ComparisonOp::NotEqual)),
    ("===", Operator::Compare(ComparisonOp::StrictEqual)),
    ("!==", Operator::Compare(ComparisonOp::StrictNotEqual)),
    ("<", Operator::Compare(ComparisonOp::Less)),
    ("<=", Operator::Compare(ComparisonOp::LessOrEqual)),
    (">", Operator::Compare(ComparisonOp::Greater)),
    (">=", Operator::Compare(ComparisonOp::GreaterOrEqual)),
    ("+", Operator::Add),
    ("-", Operator::Subtract),
    ("*", Operator::Multiply),
    ("/", Operator::Divide),
    ("%", Operator::Remainder),
    ("max", Operator::Max),
    ("min", Operator::Min),
    ("abs", Operator::Abs),
    ("cat", Operator::Cat),
    ("substr", Operator::Substr),
    ("starts_with", Operator::StartsWith),
    ("ends_with", Operator::EndsWith),
    ("sem_ver", Operator::SemVer),
    ("in", Operator::In),
    ("merge", Operator::Merge),
    ("set", Operator::Set),
    ("contains_all", Operator::ContainsAll),
    ("contains_any", Operator::ContainsAny),
    ("contains_none", Operator::ContainsNone),
    ("missing", Operator::Missing),
    ("missing_some", Operator::MissingSome),
    (bucketing::BUCKET_OPERATOR, Operator::VendorBucket),
    (pattern::PATTERN_OPERATOR, Operator::Matches),
];

impl Operator {
    /// The operator called `name`.
    pub fn from_name(name: &str) -> Option<Operator> {
        let found = EAGER_OPERATORS.iter().find(|(known, _)| *known == name);
        found.map(|(_, operator)| *operator)
    }

    /// The names of all operators, including the internal ones, which flag files need not name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let named = EAGER_OPERATORS.iter().map(|(name, _)| *name);
        named.chain(LAZY_LIST_OPERATORS).chain(OTHER_LAZY_OPERATORS)
    }

    /// Returns true if equal arguments always give an equal result.
    pub fn is_pure(self) -> bool {
        !matches!(self, Operator::Missing | Operator::MissingSome)
    }

    /// Applies the operator to its arguments.
    pub fn apply<'a>(self, args: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
        match self {
            Operator::Not => Ok(Value::Bool(!comparison::first_is_truthy(args))),
            Operator::ToBool => Ok(Value::Bool(comparison::first_is_truthy(args))),
            Operator::Compare(op) => op.apply(args, scope),
            Operator::Add => arithmetic::add(args, scope),
            Operator::Subtract => arithmetic::subtract(args, scope),
            Operator::Multiply => arithmetic::multiply(args, scope),
            Operator::Divide => arithmetic::divide(args, scope),
            Operator::Remainder => arithmetic::remainder(args, scope),
            Operator::Max => arithmetic::max(args, scope),
            Operator::Min => arithmetic::min(args, scope),
            Operator::Abs => arithmetic::abs(args, scope),
            Operator::Cat => string_ops::cat(args, scope),
            Operator::Substr => string_ops::substr(args, scope),
            Operator::StartsWith => {
                string_ops::test_affix(args, scope, |s, affix| s.starts_with(affix))
            }
            Operator::EndsWith => {
                string_ops::test_affix(args, scope, |s, affix| s.ends_with(affix))
            }
            Operator::SemVer => semver::apply(args, scope),
            Operator::In => membership::contains(args, scope),
            Operator::Merge => merge_and_set::merge(args, scope),
            Operator::Set => merge_and_set::set(args, scope),
            Operator::ContainsAll => membership::contains_all(args, scope),
            Operator::ContainsAny => membership::contains_any(args, scope),
            Operator::ContainsNone => membership::contains_none(args, scope),
            Operator::Missing => missing::missing(args, scope),
            Operator::MissingSome => missing::missing_some(args, scope),
            Operator::VendorBucket => vendor_hash::apply(args, scope),
            // With a constant pattern, compiling has made a `PatternTest` of it.
            Operator::Matches => Err(EvalError::InvalidArguments),
        }
    }
}
