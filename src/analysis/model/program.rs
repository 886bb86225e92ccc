//! A flag in the form in which it is reasoned about.

mod lowering;

use std::cell::OnceCell;
use std::sync::Arc;

use ecow::EcoString;

use crate::analysis::model::concrete_eval::CompiledExpr;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::representatives::Representative;
use crate::analysis::model::symbolic_expr::BranchResult as Answer;
use crate::analysis::model::symbolic_expr::RuleBranch;
use crate::analysis::model::symbolic_expr::SymbolicExpr;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Node;
use crate::rule::coerce;
use crate::rule::decision_tree;
use crate::rule::decision_tree::Leaf;
use crate::rule::operator::EvalResult;
use crate::value::OwnedValue;
use crate::value::Value;

/// A question about one attribute.
#[derive(Debug)]
pub struct SingleAttributeExpr<'d> {
    /// The question as written.
    pub node: &'d Node,
    /// The attribute.
    pub attribute: usize,
    /// The question, compiled.
    pub compiled: CompiledExpr,
    truth_cache: OnceCell<Vec<Option<bool>>>,
    leaf_cache: OnceCell<Vec<Leaf>>,
    value_cache: OnceCell<Vec<Option<OwnedValue>>>,
}

/// A flag's rule.
#[derive(Debug)]
pub struct SymbolicProgram<'d> {
    /// The flag's key.
    pub flag_key: &'d str,
    /// The file.
    pub file: Arc<str>,
    /// The names of its variants, sorted.
    pub variant_names: Vec<EcoString>,
    /// The rule; `None` if there is none that is ever run.
    pub root: Option<Answer>,
    /// The questions.
    pub single_attribute_exprs: Vec<SingleAttributeExpr<'d>>,
    /// The places where it may end.
    pub branches: Vec<RuleBranch<'d>>,
}

/// What is wanted of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultKind {
    /// Whether it counts as true.
    Truthiness,
    /// Which answer it names.
    Leaf,
    /// Its value.
    Value,
}

/// Conditions of a flag on their own, and a program that holds the questions in them.
pub fn lower_conditions<'d>(
    nodes: Vec<&'d Node>,
    flag: &'d FlagDefinition,
    space: &mut InputDomain,
) -> (SymbolicProgram<'d>, Vec<SymbolicExpr>) {
    let mut program = empty_program(flag);
    let form = |node| lowering::lower_condition(node, flag, &mut program, space);
    let forms = nodes.into_iter().map(form).collect();
    (program, forms)
}

fn empty_program(flag: &FlagDefinition) -> SymbolicProgram<'_> {
    SymbolicProgram {
        flag_key: &flag.key,
        file: flag.origin.file.clone(),
        variant_names: flag.variants.iter().map(|(name, _)| name.clone()).collect(),
        root: None,
        single_attribute_exprs: Vec::new(),
        branches: Vec::new(),
    }
}

/// The program of a flag, whose questions are noted in `space`.
pub fn lower_flag<'d>(flag: &'d FlagDefinition, space: &mut InputDomain) -> SymbolicProgram<'d> {
    let mut program = empty_program(flag);
    let runs = flag.error_code.is_none() && !flag.disabled;
    let targeting = flag.targeting.as_ref();
    let targeting = targeting.filter(|node| runs && !node.as_map().is_some_and(<[_]>::is_empty));
    program.root = targeting.map(|node| lowering::lower_rule(node, flag, &mut program, space));
    program
}

impl SingleAttributeExpr<'_> {
    /// The answers of the candidates of its attribute.
    pub fn truth_per_representative(&self, space: &InputDomain) -> &[Option<bool>] {
        self.truth_cache
            .get_or_init(|| self.evaluate_each(space, |value| value.ok().map(coerce::is_truthy)))
    }

    /// The answers that the candidates of its attribute name among `names`.
    pub fn leaf_per_representative(&self, space: &InputDomain, names: &[EcoString]) -> &[Leaf] {
        self.leaf_cache.get_or_init(|| {
            self.evaluate_each(space, |value| decision_tree::leaf_for_value(value, names))
        })
    }

    /// The values of the candidates of its attribute; `None` for a fault.
    pub fn value_per_representative(&self, space: &InputDomain) -> &[Option<OwnedValue>] {
        self.value_cache.get_or_init(|| {
            self.evaluate_each(space, |value| value.ok().map(Value::to_owned_value))
        })
    }

    fn evaluate_each<T>(&self, space: &InputDomain, take: impl Fn(EvalResult<'_>) -> T) -> Vec<T> {
        let attribute = space.attributes.get(self.attribute);
        let candidates = attribute.map_or(&[][..], |attribute| &attribute.representatives.values);
        let put =
            |candidate: &Representative| self.compiled.evaluate_for_value(&candidate.value, &take);
        candidates.iter().map(put).collect()
    }
}
