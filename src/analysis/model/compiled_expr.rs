//! An expression on its own, compiled, for evaluation by the real evaluator.

use bumpalo::Bump;

use crate::analysis::model::var_path::TIMESTAMP_PATH;
use crate::context::AttributeNode;
use crate::context::EvaluationContext;
use crate::context::ReadSet;
use crate::document::syntax_tree::Node;
use crate::rule::ArgumentRules;
use crate::rule::EvalError;
use crate::rule::Rule;
use crate::rule::Scope;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::compile;
use crate::rule::eval::eval;
use crate::rule::operator::Operator;
use crate::value::OwnedValue;
use crate::value::Value;

/// A compiled expression, and the attributes that it reads.
#[derive(Debug)]
pub struct CompiledExpr {
    rule: Rule,
    reads: ReadSet,
    value_slot: Option<u16>,
}

impl CompiledExpr {
    /// Compiles an expression of the flag called `key`.
    pub fn new(node: &Node, key: &str) -> CompiledExpr {
        CompiledExpr::with_fractional_version(node, key, FractionalVersion::V2)
    }

    /// Compiles an expression with a version of `fractional`.
    pub fn with_fractional_version(
        node: &Node,
        key: &str,
        fractional: FractionalVersion,
    ) -> CompiledExpr {
        let (rule, reads) = compile::compile_expression(node, key, fractional);
        let slot = attribute_slots(&reads).first().map(|(_, slot)| *slot);
        CompiledExpr {
            rule,
            reads,
            value_slot: slot,
        }
    }

    /// The compiled expression.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// The attributes that the expression reads.
    pub fn reads(&self) -> &ReadSet {
        &self.reads
    }

    /// The paths that the expression reads, and their slots.
    pub fn attribute_slots(&self) -> Vec<(String, u16)> {
        attribute_slots(&self.reads)
    }

    /// The attributes that the expression reads; `None` if it reads the whole context.
    pub fn attribute_paths(&self) -> Option<Vec<String>> {
        if self.reads.full_context_flag_key.is_some() {
            return None;
        }
        let mut paths: Vec<String> = attribute_slots(&self.reads)
            .into_iter()
            .map(|(p, _)| p)
            .collect();
        paths.extend(
            self.reads
                .reads_timestamp
                .then(|| TIMESTAMP_PATH.to_owned()),
        );
        Some(paths)
    }

    /// Evaluates the expression with `value` for the only attribute that it reads, and passes the result to `take`.
    pub fn evaluate_for_value<T>(
        &self,
        value: &OwnedValue,
        take: impl FnOnce(Result<Value<'_>, EvalError>) -> T,
    ) -> T {
        let arena = Bump::new();
        let seconds = match value {
            OwnedValue::Number(n) if self.reads.reads_timestamp => *n,
            _ => 0.0,
        };
        let mut context = EvaluationContext::new(&self.reads, &arena, seconds);
        if let Some(slot) = self.value_slot {
            context.set_slot(slot, value.to_value(&arena));
        }
        take(eval(&self.rule, &Scope::root(&context)))
    }
}

/// The paths that are read and their slots.
pub fn attribute_slots(reads: &ReadSet) -> Vec<(String, u16)> {
    fn below(read: &AttributeNode, prefix: &str, found: &mut Vec<(String, u16)>) {
        let path = format!("{prefix}{}", read.name);
        if let Some(slot) = read.slot {
            found.push((path.clone(), slot));
        }
        for inner in &read.children {
            below(inner, &format!("{path}."), found);
        }
    }
    let mut found = Vec::new();
    reads
        .roots
        .iter()
        .for_each(|read| below(read, "", &mut found));
    found.sort_by_key(|(_, slot)| *slot);
    found
}

/// The result of an operator on constants; `None` for an error.
pub fn apply_to_constants(operator: Operator, values: Vec<OwnedValue>) -> Option<OwnedValue> {
    let rules: Vec<Rule> = values.into_iter().map(Rule::from_literal).collect();
    let rule = Rule::Apply(Box::new((operator, ArgumentRules::List(rules.into()))));
    let arena = Bump::new();
    let context = EvaluationContext::new(&ReadSet::default(), &arena, 0.0);
    let value = eval(&rule, &Scope::root(&context));
    value.ok().map(Value::to_owned_value)
}
