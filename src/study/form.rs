//! A rule in the form in which it is reasoned about.

use crate::document::node::Node;
use crate::rule::operator::Operator;
use crate::study::unit::By;
use crate::study::unit::Split;
use crate::value::Literal;

/// An expression.
#[derive(Debug)]
pub enum Form {
    /// A constant.
    Constant(Literal),
    /// It always faults.
    Fault,
    /// Conditions and what counts if they are the first to hold, and what counts otherwise.
    If(Vec<Clause>, Box<Result>),
    /// The first that counts as false, or the last one.
    And(Vec<Form>),
    /// The first that counts as true, or the last one.
    Or(Vec<Form>),
    /// Whether the form counts as false, or with `true` as true.
    Not(Box<Form>, bool),
    /// A question about one attribute, by its index.
    Atom(usize),
    /// Whether an attribute, by its index, is null.
    Absent(usize),
    /// A split of units.
    Split(Box<Split>),
    /// An operator over forms of which each has finitely many values.
    Apply(Operator, Vec<Form>),
    /// Anything, by its index.
    Hidden(usize),
}

impl Form {
    /// Whether something in it can be anything.
    pub fn hides(&self) -> bool {
        match self {
            Form::Hidden(_) => true,
            Form::Constant(_) | Form::Fault | Form::Atom(_) | Form::Absent(_) => false,
            Form::Split(split) => matches!(split.by, By::Hidden(_)),
            Form::Not(inner, _) => inner.hides(),
            Form::And(forms) | Form::Or(forms) | Form::Apply(_, forms) => {
                forms.iter().any(Form::hides)
            }
            Form::If(clauses, last) => {
                let hides = |clause: &Clause| clause.condition.hides() || clause.then.form.hides();
                clauses.iter().any(hides) || last.form.hides()
            }
        }
    }
}

/// A condition and what counts if it holds.
#[derive(Debug)]
pub struct Clause {
    /// Whether this counts as true.
    pub condition: Form,
    /// What counts then.
    pub then: Result,
}

/// A form that may be the answer.
#[derive(Debug)]
pub struct Result {
    /// What it is.
    pub form: Form,
    /// Its site, where it is an answer of the flag.
    pub site: Option<usize>,
}

/// A place in a rule where it may end.
#[derive(Debug, Clone, Copy)]
pub struct Site<'d> {
    /// What it is.
    pub kind: SiteKind,
    /// What stands there.
    pub node: &'d Node,
    /// The branch that it is in.
    pub parent: Option<usize>,
}

/// What kind of place a site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SiteKind {
    /// The whole rule.
    Root,
    /// What an `if` yields when its condition at this position is the first to hold.
    Then(usize),
    /// What an `if` yields when no condition holds.
    Else,
    /// An `if` whose conditions all fail and that has nothing left to yield: the default variant counts.
    Nothing,
    /// A share of a `fractional`.
    Share {
        /// Its position among the shares.
        index: usize,
        /// Its weight.
        weight: u32,
    },
}
