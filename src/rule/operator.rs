//! The names of operators, and how those that take their arguments evaluated are carried out.

mod arithmetic;
pub(super) mod comparison;
pub mod in_set;
pub mod list_op;
mod membership;
pub mod semver;
pub(super) mod string_ops;
pub mod var;

use crate::document::rollout::bucketing;
use crate::rule::EvalError;
use crate::rule::bucketing::vendor_hash;
use crate::rule::eval::Scope;
use crate::rule::operator::comparison::ComparisonOp;
use crate::value::Value;

/// An operator that evaluates all its arguments before it looks at any.
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
}

/// Operators that `Operator` does not cover, for they decide themselves what to evaluate, and that want a list.
pub const LAZY_LIST_OPERATORS: [&str; 10] = [
    "and", "or", "if", "?:", "map", "filter", "reduce", "all", "none", "some",
];

/// The others that it does not cover.
const OTHER_LAZY_OPERATORS: [&str; 3] = ["var", "fractional", "fractionalEvaluation"];

const EAGER_OPERATORS: [(&str, Operator); 32] = [
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
];

impl Operator {
    /// The operator called `name`.
    pub fn from_name(name: &str) -> Option<Operator> {
        let found = EAGER_OPERATORS.iter().find(|(known, _)| *known == name);
        found.map(|(_, operator)| *operator)
    }

    /// The names of all operators, ours that nobody writes included.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let named = EAGER_OPERATORS.iter().map(|(name, _)| *name);
        named.chain(LAZY_LIST_OPERATORS).chain(OTHER_LAZY_OPERATORS)
    }

    /// Whether equal arguments always give an equal result.
    pub fn is_pure(self) -> bool {
        !matches!(self, Operator::Missing | Operator::MissingSome)
    }

    /// Carries the operator out.
    pub fn apply<'a>(self, given: Args<'_, 'a>, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
        match self {
            Operator::Not => Ok(Value::Bool(!comparison::first_is_truthy(given))),
            Operator::ToBool => Ok(Value::Bool(comparison::first_is_truthy(given))),
            Operator::Compare(how) => how.apply(given),
            Operator::Add
            | Operator::Subtract
            | Operator::Multiply
            | Operator::Divide
            | Operator::Remainder
            | Operator::Max
            | Operator::Min
            | Operator::Abs => arithmetic::apply(self, given),
            Operator::Cat => string_ops::cat(given, scope),
            Operator::Substr => string_ops::substr(given, scope),
            Operator::StartsWith => Ok(string_ops::test_affix(given, |s, affix| {
                s.starts_with(affix)
            })),
            Operator::EndsWith => Ok(string_ops::test_affix(given, |s, affix| s.ends_with(affix))),
            Operator::SemVer => Ok(semver::apply(given)),
            Operator::In => membership::contains(given, scope),
            Operator::Merge => membership::merge(given, scope),
            Operator::Set => membership::set(given, scope),
            Operator::ContainsAll => membership::contains_all(given, scope),
            Operator::ContainsAny => membership::contains_any(given, scope),
            Operator::ContainsNone => membership::contains_none(given, scope),
            Operator::Missing => var::missing(given, scope),
            Operator::MissingSome => var::missing_some(given, scope),
            Operator::VendorBucket => vendor_hash::apply(given, scope),
        }
    }
}

/// What an expression yields.
pub type EvalResult<'a> = Result<Value<'a>, EvalError>;

/// Evaluated arguments.
#[derive(Debug, Clone, Copy)]
pub enum Args<'v, 'a> {
    /// A list of them.
    List(&'v [Value<'a>]),
    /// One value that is no list.
    Single(Value<'a>),
}

impl<'v, 'a> Args<'v, 'a> {
    /// The arguments of an operator that insists on a list.
    pub fn require_list(self) -> Result<&'v [Value<'a>], EvalError> {
        match self {
            Args::List(values) => Ok(values),
            Args::Single(_) => Err(EvalError::InvalidArguments),
        }
    }

    /// The argument at `index` of an operator that insists on having it.
    pub fn require(self, index: usize) -> EvalResult<'a> {
        let values = self.require_list()?;
        values
            .get(index)
            .copied()
            .ok_or(EvalError::InvalidArguments)
    }
}
