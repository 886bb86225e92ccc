//! The syntax tree of a compiled rule: `Rule`, and every node type that contains rules.
//!
//! These types contain each other, so they share a file. Their evaluation is in `eval`, `operator` and `bucketing`.

mod constant;
pub mod cost;

use ecow::EcoString;

use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::error::EvalError;
use crate::rule::operator::Operator;
use crate::rule::operator::comparison::ComparisonOp;
use crate::rule::operator::in_set::ConstantSet;
use crate::rule::operator::pattern::Pattern;
use crate::rule::operator::semver::VersionPredicate;
use crate::value::OwnedValue;

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
    /// Any other read of data: with a default, inside a list operation, or by a computed name.
    Var(Box<Var>),
    /// The first falsy value, or the last one.
    And(Box<[Rule]>),
    /// The first truthy value, or the last one.
    Or(Box<[Rule]>),
    /// Alternating conditions and results, and an optional last result.
    If(Box<[Rule]>),
    /// A comparison of two values.
    Compare(Box<(ComparisonOp, Rule, Rule)>),
    /// `in` a constant list.
    InSet(Box<InSet>),
    /// `sem_ver` with a constant operator and version.
    VersionTest(Box<VersionTest>),
    /// `$fanion.matches` with a constant pattern.
    PatternTest(Box<PatternTest>),
    /// `fractional` with constant weights, and the value of each share.
    ConstantFractional(Box<(ConstantFractional, Box<[Rule]>)>),
    /// `fractional` in general.
    DynamicFractional(Box<DynamicFractional>),
    /// `map`, `filter`, `reduce`, `all`, `some`, `none`.
    ListOp(Box<ListOp>),
    /// Every operator that evaluates all its arguments first.
    Apply(Box<(Operator, ArgumentRules)>),
    /// A rule that cannot be evaluated: an error, but only when it is reached.
    Invalid(EvalError),
}

/// The arguments of an operator.
#[derive(Debug, Clone)]
pub enum ArgumentRules {
    /// Written as a list.
    List(Box<[Rule]>),
    /// Written without brackets; if the rule yields a list, that is the argument list.
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

/// `{"in": [needle, [constants…]]}`.
#[derive(Debug, Clone)]
pub struct InSet {
    /// The value that is searched for.
    pub needle: Rule,
    /// The constants that are searched.
    pub set: ConstantSet,
}

/// `sem_ver` with an operator and a version that are known when the flag loads.
#[derive(Debug, Clone)]
pub struct VersionTest {
    /// The version that is tested.
    pub value: Rule,
    /// The test.
    pub predicate: VersionPredicate,
}

/// `$fanion.matches` with a pattern that is compiled when the flag loads.
#[derive(Debug, Clone)]
pub struct PatternTest {
    /// The value that is tested.
    pub value: Rule,
    /// The pattern.
    pub pattern: Pattern,
}

/// A read that is not a plain slot of the context.
#[derive(Debug, Clone)]
pub struct Var {
    /// The data that is read.
    pub target: VarTarget,
    /// The value that replaces null.
    pub default: Option<Rule>,
    /// True if only the innermost data is read: for the empty name and for names that begin with a dot.
    pub innermost_only: bool,
    /// The steps of one read, without the search in large maps.
    pub cost: u32,
}

/// The data that `var` names.
#[derive(Debug, Clone)]
pub enum VarTarget {
    /// All of the data.
    WholeData,
    /// All of the data if it is a scalar: `{"var": null}`.
    ScalarData,
    /// A member or an item at a dotted path.
    Path(Box<[Box<str>]>, ContextLookup),
    /// The name is computed.
    Computed(Box<Rule>),
}

/// The meaning of a path in the evaluation context.
#[derive(Debug, Clone)]
pub enum ContextLookup {
    /// The value in this slot.
    Slot(u16),
    /// This constant, such as the flag's key.
    Constant(Box<Rule>),
}

/// One list operation.
#[derive(Debug, Clone)]
pub struct ListOp {
    /// The operation.
    pub kind: ListOpKind,
    /// The list; `None` if the argument is of a kind that cannot be a list.
    pub input: Option<ListOpOperand>,
    /// The rule that is evaluated for each item.
    pub body: ListOpOperand,
    /// The initial accumulator of `reduce`.
    pub initial: Rule,
    /// The steps of one evaluation of the body, without those that depend on the context.
    pub body_cost: u32,
}

/// A rule, marked if it is a bare `var`. flagd's library replaces a `var` by its value before it evaluates; only for a
/// bare `var` does the replacement change the result.
#[derive(Debug, Clone)]
pub struct ListOpOperand {
    /// The rule.
    pub rule: Rule,
    /// True if it is a bare `var`.
    pub is_bare_var: bool,
}

/// The kinds of list operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the language")]
pub enum ListOpKind {
    Map,
    Filter,
    Reduce,
    All,
    Some,
    None,
}

/// The bucketing key of a rule that names none: the flag's key and the targeting key.
#[derive(Debug, Clone)]
pub struct DefaultBucketingKey {
    /// The version of `fractional`, which determines how units are hashed.
    pub version: FractionalVersion,
    /// The flag's key.
    pub flag_key: Box<str>,
    /// The slot of `targetingKey`.
    pub targeting_key_slot: u16,
}

/// `fractional` whose weights are known when the flag loads.
#[derive(Debug, Clone)]
pub struct ConstantFractional {
    /// The bucketing key.
    pub bucket_by: BucketBy,
    /// The bucketing key if the rule names none.
    pub default_key: DefaultBucketingKey,
    /// The first bucket above each share, in order.
    pub cumulative_weights: Box<[u32]>,
}

/// The bucketing key of a `fractional` with constant weights.
#[derive(Debug, Clone)]
pub enum BucketBy {
    /// The flag's key and the targeting key.
    DefaultKey,
    /// A computed value, and the shares, which are needed if the value is itself a share.
    Computed(Box<(Rule, OwnedValue)>),
}

/// `fractional` in general.
#[derive(Debug, Clone)]
pub struct DynamicFractional {
    /// The bucketing key if the rule names none.
    pub default_key: DefaultBucketingKey,
    /// All arguments.
    pub arguments: ArgumentRules,
}
