//! The names of operators, and how those that take their arguments evaluated are carried out.

use crate::document::rollout::bucketing;
use crate::rule::Fault;
use crate::rule::arithmetic;
use crate::rule::bucket::dialect;
use crate::rule::compare;
use crate::rule::compare::Comparison;
use crate::rule::eval::Scope;
use crate::rule::list;
use crate::rule::semver;
use crate::rule::text;
use crate::rule::var;
use crate::value::Value;

/// An operator that evaluates all its arguments before it looks at any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the language")]
pub enum Operator {
    Not,
    Truth,
    Compare(Comparison),
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
    Bucket,
}

/// Operators that `Operator` does not cover, for they decide themselves what to evaluate, and that want a list.
pub const LISTS: [&str; 10] = [
    "and", "or", "if", "?:", "map", "filter", "reduce", "all", "none", "some",
];

/// The others that it does not cover.
const SPECIAL: [&str; 3] = ["var", "fractional", "fractionalEvaluation"];

const NAMED: [(&str, Operator); 32] = [
    ("!", Operator::Not),
    ("!!", Operator::Truth),
    ("==", Operator::Compare(Comparison::Equal)),
    ("!=", Operator::Compare(Comparison::NotEqual)),
    ("===", Operator::Compare(Comparison::Same)),
    ("!==", Operator::Compare(Comparison::NotSame)),
    ("<", Operator::Compare(Comparison::Less)),
    ("<=", Operator::Compare(Comparison::LessOrEqual)),
    (">", Operator::Compare(Comparison::Greater)),
    (">=", Operator::Compare(Comparison::GreaterOrEqual)),
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
    (bucketing::OPERATOR, Operator::Bucket),
];

impl Operator {
    /// The operator called `name`.
    pub fn named(name: &str) -> Option<Operator> {
        let found = NAMED.iter().find(|(known, _)| *known == name);
        found.map(|(_, operator)| *operator)
    }

    /// The names of all operators, ours that nobody writes included.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let named = NAMED.iter().map(|(name, _)| *name);
        named.chain(LISTS).chain(SPECIAL)
    }

    /// Whether equal arguments always give an equal result.
    pub fn is_pure(self) -> bool {
        !matches!(self, Operator::Missing | Operator::MissingSome)
    }

    /// Carries the operator out.
    pub fn apply<'a>(self, given: Given<'_, 'a>, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
        match self {
            Operator::Not => Ok(Value::Bool(!compare::truth(given))),
            Operator::Truth => Ok(Value::Bool(compare::truth(given))),
            Operator::Compare(how) => how.apply(given),
            Operator::Add
            | Operator::Subtract
            | Operator::Multiply
            | Operator::Divide
            | Operator::Remainder
            | Operator::Max
            | Operator::Min
            | Operator::Abs => arithmetic::apply(self, given),
            Operator::Cat => text::cat(given, scope),
            Operator::Substr => text::substr(given, scope),
            Operator::StartsWith => Ok(text::affix(given, |s, affix| s.starts_with(affix))),
            Operator::EndsWith => Ok(text::affix(given, |s, affix| s.ends_with(affix))),
            Operator::SemVer => Ok(semver::apply(given)),
            Operator::In => list::contains(given, scope),
            Operator::Merge => list::merge(given, scope),
            Operator::Set => list::set(given, scope),
            Operator::ContainsAll => list::contains_all(given, scope),
            Operator::ContainsAny => list::contains_any(given, scope),
            Operator::ContainsNone => list::contains_none(given, scope),
            Operator::Missing => var::missing(given, scope),
            Operator::MissingSome => var::missing_some(given, scope),
            Operator::Bucket => dialect::apply(given, scope),
        }
    }
}

/// What an expression yields.
pub type Evaluated<'a> = Result<Value<'a>, Fault>;

/// Evaluated arguments.
#[derive(Debug, Clone, Copy)]
pub enum Given<'v, 'a> {
    /// A list of them.
    List(&'v [Value<'a>]),
    /// One value that is no list.
    Single(Value<'a>),
}

impl<'v, 'a> Given<'v, 'a> {
    /// The arguments of an operator that insists on a list.
    pub fn list(self) -> Result<&'v [Value<'a>], Fault> {
        match self {
            Given::List(values) => Ok(values),
            Given::Single(_) => Err(Fault::Arguments),
        }
    }

    /// The argument at `index` of an operator that insists on having it.
    pub fn at(self, index: usize) -> Evaluated<'a> {
        let values = self.list()?;
        values.get(index).copied().ok_or(Fault::Arguments)
    }
}
