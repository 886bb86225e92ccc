//! The symbolic program of a flag: its rule, the branches of the rule, and the expressions over one attribute in it.

use std::cell::OnceCell;
use std::sync::Arc;

use ecow::EcoString;

use crate::analysis::model::compiled_expr::CompiledExpr;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::representatives::set::Representative;
use crate::analysis::model::symbolic_expr::BranchResult;
use crate::analysis::model::symbolic_expr::RuleBranch;
use crate::document::syntax_tree::Node;
use crate::rule::EvalResult;
use crate::rule::coerce;
use crate::rule::decision_tree;
use crate::rule::decision_tree::Leaf;
use crate::value::OwnedValue;
use crate::value::Value;

/// An expression over one attribute, with its results for every representative.
#[derive(Debug)]
pub struct SingleAttributeExpr<'d> {
    /// The node of the expression.
    pub node: &'d Node,
    /// The index of the attribute.
    pub attribute: usize,
    /// The compiled expression.
    pub compiled: CompiledExpr,
    truth_cache: OnceCell<Vec<Option<bool>>>,
    leaf_cache: OnceCell<Vec<Leaf>>,
    value_cache: OnceCell<Vec<Option<OwnedValue>>>,
}

/// The symbolic program of a flag's rule.
#[derive(Debug)]
pub struct SymbolicProgram<'d> {
    /// The flag's key.
    pub flag_key: &'d str,
    /// The file.
    pub file: Arc<str>,
    /// The names of its variants, sorted.
    pub variant_names: Vec<EcoString>,
    /// The rule; `None` if the flag has no rule that is evaluated.
    pub root: Option<BranchResult>,
    /// The expressions over one attribute.
    pub single_attribute_exprs: Vec<SingleAttributeExpr<'d>>,
    /// The branches of the rule.
    pub branches: Vec<RuleBranch<'d>>,
}

/// The kind of result that is computed for an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultKind {
    /// Its truthiness.
    Truthiness,
    /// The variant that it names.
    Leaf,
    /// Its value.
    Value,
}

impl<'d> SingleAttributeExpr<'d> {
    /// An expression that is not evaluated yet.
    pub fn new(
        node: &'d Node,
        attribute: usize,
        compiled: CompiledExpr,
    ) -> SingleAttributeExpr<'d> {
        SingleAttributeExpr {
            node,
            attribute,
            compiled,
            truth_cache: OnceCell::new(),
            leaf_cache: OnceCell::new(),
            value_cache: OnceCell::new(),
        }
    }

    /// The truthiness for each representative; `None` for an error.
    pub fn truth_per_representative(&self, space: &InputDomain) -> &[Option<bool>] {
        self.truth_cache
            .get_or_init(|| self.evaluate_each(space, |value| value.ok().map(coerce::is_truthy)))
    }

    /// The variant among `names` that each representative yields.
    pub fn leaf_per_representative(&self, space: &InputDomain, names: &[EcoString]) -> &[Leaf] {
        self.leaf_cache.get_or_init(|| {
            self.evaluate_each(space, |value| decision_tree::leaf_for_value(value, names))
        })
    }

    /// The value for each representative; `None` for an error.
    pub fn value_per_representative(&self, space: &InputDomain) -> &[Option<OwnedValue>] {
        self.value_cache.get_or_init(|| {
            self.evaluate_each(space, |value| value.ok().map(Value::to_owned_value))
        })
    }

    fn evaluate_each<T>(&self, space: &InputDomain, take: impl Fn(EvalResult<'_>) -> T) -> Vec<T> {
        let candidates = space.representatives_of(self.attribute);
        let put =
            |candidate: &Representative| self.compiled.evaluate_for_value(&candidate.value, &take);
        candidates.iter().map(put).collect()
    }
}
