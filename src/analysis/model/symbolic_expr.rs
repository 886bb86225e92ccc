//! A rule in the form in which it is reasoned about.

use crate::analysis::model::bucketing::SymbolicBucketBy;
use crate::analysis::model::bucketing::SymbolicFractional;
use crate::document::syntax_tree::Node;
use crate::rule::operator::Operator;
use crate::value::OwnedValue;

/// An expression.
#[derive(Debug)]
pub enum SymbolicExpr {
    /// A constant.
    Constant(OwnedValue),
    /// It always faults.
    Fault,
    /// Conditions and what counts if they are the first to hold, and what counts otherwise.
    If(Vec<IfClause>, Box<BranchResult>),
    /// The first that counts as false, or the last one.
    And(Vec<SymbolicExpr>),
    /// The first that counts as true, or the last one.
    Or(Vec<SymbolicExpr>),
    /// Whether the form counts as false, or with `true` as true.
    Not(Box<SymbolicExpr>, bool),
    /// A question about one attribute, by its index.
    SingleAttribute(usize),
    /// Whether an attribute, by its index, is null.
    IsAbsent(usize),
    /// A split of units.
    Fractional(Box<SymbolicFractional>),
    /// An operator over forms of which each has finitely many values.
    PureOperator(Operator, Vec<SymbolicExpr>),
    /// Anything, by its index.
    Opaque(usize),
}

impl SymbolicExpr {
    /// Whether something in it can be anything.
    pub fn contains_opaque(&self) -> bool {
        match self {
            SymbolicExpr::Opaque(_) => true,
            SymbolicExpr::Constant(_)
            | SymbolicExpr::Fault
            | SymbolicExpr::SingleAttribute(_)
            | SymbolicExpr::IsAbsent(_) => false,
            SymbolicExpr::Fractional(split) => {
                matches!(split.bucket_by, SymbolicBucketBy::Opaque(_))
            }
            SymbolicExpr::Not(inner, _) => inner.contains_opaque(),
            SymbolicExpr::And(forms)
            | SymbolicExpr::Or(forms)
            | SymbolicExpr::PureOperator(_, forms) => {
                forms.iter().any(SymbolicExpr::contains_opaque)
            }
            SymbolicExpr::If(clauses, last) => {
                let hides = |clause: &IfClause| {
                    clause.condition.contains_opaque() || clause.then.expr.contains_opaque()
                };
                clauses.iter().any(hides) || last.expr.contains_opaque()
            }
        }
    }
}

/// A condition and what counts if it holds.
#[derive(Debug)]
pub struct IfClause {
    /// Whether this counts as true.
    pub condition: SymbolicExpr,
    /// What counts then.
    pub then: BranchResult,
}

/// A form that may be the answer.
#[derive(Debug)]
pub struct BranchResult {
    /// What it is.
    pub expr: SymbolicExpr,
    /// Its site, where it is an answer of the flag.
    pub branch: Option<usize>,
}

/// A place in a rule where it may end.
#[derive(Debug, Clone, Copy)]
pub struct RuleBranch<'d> {
    /// What it is.
    pub kind: BranchKind,
    /// What stands there.
    pub node: &'d Node,
    /// The branch that it is in.
    pub parent: Option<usize>,
}

/// What kind of place a site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BranchKind {
    /// The whole rule.
    Root,
    /// What an `if` yields when its condition at this position is the first to hold.
    Then(usize),
    /// What an `if` yields when no condition holds.
    Else,
    /// An `if` whose conditions all fail and that has nothing left to yield: the default variant counts.
    ImplicitElse,
    /// A share of a `fractional`.
    Share {
        /// Its position among the shares.
        index: usize,
        /// Its weight.
        weight: u32,
    },
}
