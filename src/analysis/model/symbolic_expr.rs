//! Symbolic expressions: a targeting rule as conditionals, boolean operators, single-attribute expressions and splits.

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
    /// An expression whose evaluation always fails.
    Fault,
    /// The result of the first clause whose condition holds, or else the last result.
    If(Vec<IfClause>, Box<BranchResult>),
    /// The first falsy operand, or the last one.
    And(Vec<SymbolicExpr>),
    /// The first truthy operand, or the last one.
    Or(Vec<SymbolicExpr>),
    /// True if the operand is falsy; with `true`, if it is truthy.
    Not(Box<SymbolicExpr>, bool),
    /// An expression over one attribute, by its index.
    SingleAttribute(usize),
    /// True if an attribute, by its index, is null.
    IsAbsent(usize),
    /// A `fractional`.
    Fractional(Box<SymbolicFractional>),
    /// A pure operator over expressions that each have finitely many values.
    PureOperator(Operator, Vec<SymbolicExpr>),
    /// An opaque expression, by its index.
    Opaque(usize),
}

impl SymbolicExpr {
    /// Returns true if the expression contains an opaque expression.
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

/// A condition of an `if`, and the result if it holds.
#[derive(Debug)]
pub struct IfClause {
    /// The condition.
    pub condition: SymbolicExpr,
    /// The result if the condition holds.
    pub then: BranchResult,
}

/// An expression that may yield the result of the flag.
#[derive(Debug)]
pub struct BranchResult {
    /// The expression that the branch returns.
    pub expr: SymbolicExpr,
    /// The index of its branch, if it yields the result of the flag.
    pub branch: Option<usize>,
}

/// A branch of a rule: an expression that may yield the result.
#[derive(Debug, Clone, Copy)]
pub struct RuleBranch<'d> {
    /// The kind of the branch.
    pub kind: BranchKind,
    /// The node of the branch.
    pub node: &'d Node,
    /// The index of the enclosing branch.
    pub parent: Option<usize>,
}

/// The kind of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BranchKind {
    /// The whole rule.
    Root,
    /// The result of an `if` whose condition at this index is the first to hold.
    Then(usize),
    /// The result of an `if` if no condition holds.
    Else,
    /// An `if` without an else whose conditions all fail: the default variant applies.
    ImplicitElse,
    /// A share of a `fractional`.
    Share {
        /// Its index among the shares.
        index: usize,
        /// Its weight.
        weight: u32,
    },
}
