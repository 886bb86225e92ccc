//! `DecisionTree`: compiled targeting, with conditions at the branches and variants at the leaves.

mod variant_name;

use ecow::EcoString;

use crate::context::EvaluationContext;
use crate::rule::ast::ConstantFractional;
use crate::rule::ast::Rule;
use crate::rule::bucketing::fractional::SelectedShare;
use crate::rule::decision_tree::variant_name::to_variant_name;
use crate::rule::error::EvalError;
use crate::rule::eval::condition::eval_condition;
use crate::rule::eval::eval;
use crate::rule::scope::EvalResult;
use crate::rule::scope::Scope;
use crate::value::Value;

/// A decision tree.
#[derive(Debug, Clone)]
pub enum DecisionTree {
    /// A constant outcome.
    Leaf(Leaf),
    /// The first branch whose condition is true, or the last tree.
    If(Box<[(Rule, DecisionTree)]>, Box<DecisionTree>),
    /// The leaf of the unit's share.
    Fractional(Box<(ConstantFractional, Box<[Leaf]>)>),
    /// The variant whose name the rule yields.
    Computed(Box<Rule>),
}

/// The outcome of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf {
    /// This variant, by its index.
    Variant(u16),
    /// Targeting selects no variant.
    Default,
    /// Targeting selects a value that is not a variant.
    UnknownVariant,
    /// Targeting cannot be evaluated.
    Failed,
}

impl DecisionTree {
    /// Decides for a context; `names` are the flag's variants, sorted, and a variant's index is its position.
    pub fn decide<'a>(&'a self, context: &EvaluationContext<'a>, names: &[EcoString]) -> Leaf {
        if context.is_exhausted() {
            return Leaf::Failed;
        }
        self.descend(&Scope::root(context), names)
            .unwrap_or(Leaf::Failed)
    }

    fn descend<'a>(
        &'a self,
        scope: &Scope<'_, 'a>,
        names: &[EcoString],
    ) -> Result<Leaf, EvalError> {
        let mut tree = self;
        loop {
            match tree {
                DecisionTree::Leaf(leaf) => return Ok(*leaf),
                DecisionTree::If(branches, otherwise) => {
                    tree = first_true_branch(branches, scope)?.unwrap_or(otherwise);
                }
                DecisionTree::Fractional(parts) => return leaf_for_share(parts, scope, names),
                DecisionTree::Computed(rule) => {
                    return Ok(leaf_for_value(eval(rule, scope), names));
                }
            }
        }
    }
}

/// The first branch whose condition holds.
fn first_true_branch<'a>(
    branches: &'a [(Rule, DecisionTree)],
    scope: &Scope<'_, 'a>,
) -> Result<Option<&'a DecisionTree>, EvalError> {
    for (condition, then) in branches {
        if eval_condition(condition, scope)? {
            return Ok(Some(then));
        }
    }
    Ok(None)
}

/// The leaf of the unit's share.
fn leaf_for_share<'a>(
    (split, leaves): &'a (ConstantFractional, Box<[Leaf]>),
    scope: &Scope<'_, 'a>,
    names: &[EcoString],
) -> Result<Leaf, EvalError> {
    Ok(match split.select_share(scope)? {
        SelectedShare::NoShare => Leaf::Default,
        SelectedShare::Index(index) => leaves.get(index).copied().unwrap_or(Leaf::Default),
        SelectedShare::Value(value) => leaf_for_value(Ok(value), names),
    })
}

/// The leaf for a rule's value: the variant whose name is the value's JSON form without quotation marks.
pub fn leaf_for_value(value: EvalResult<'_>, names: &[EcoString]) -> Leaf {
    let name = match value {
        Err(_) => return Leaf::Failed,
        Ok(Value::Null) => return Leaf::Default,
        Ok(Value::Text(name)) => return find_variant(names, name),
        Ok(Value::Bool(b)) => return find_variant(names, if b { "true" } else { "false" }),
        Ok(other) => to_variant_name(other),
    };
    name.map_or(Leaf::Failed, |name| find_variant(names, &name))
}

/// The leaf for the variant called `name` among the sorted `names`.
fn find_variant(names: &[EcoString], name: &str) -> Leaf {
    let index = names.binary_search_by(|known| (**known).cmp(name)).ok();
    let index = index.and_then(|index| u16::try_from(index).ok());
    index.map_or(Leaf::UnknownVariant, Leaf::Variant)
}
