//! Puts one question to the real evaluator.

use bumpalo::Bump;

use crate::analysis::model::comparisons::TIMESTAMP_PATH;
use crate::context::AttributeNode;
use crate::context::EvaluationContext;
use crate::context::ReadSet;
use crate::context::lookup_path_segment;
use crate::decision::Decision;
use crate::document::syntax_tree::Node;
use crate::rule::ArgumentRules;
use crate::rule::EvalError;
use crate::rule::Rule;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::bucketing::fractional::SelectedShare;
use crate::rule::compile;
use crate::rule::eval::Scope;
use crate::rule::eval::eval;
use crate::rule::operator::Operator;
use crate::ruleset::CompiledFlag;
use crate::value::OwnedMap;
use crate::value::OwnedValue;
use crate::value::Value;

/// An expression on its own, ready to be evaluated.
#[derive(Debug)]
pub struct CompiledExpr {
    rule: Rule,
    reads: ReadSet,
    value_slot: Option<u16>,
}

impl CompiledExpr {
    /// The question that an expression of the flag called `key` asks.
    pub fn new(node: &Node, key: &str) -> CompiledExpr {
        CompiledExpr::with_fractional_version(node, key, FractionalVersion::V2)
    }

    /// The same, where units are hashed in another way.
    fn with_fractional_version(
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

    /// The paths that it reads and their slots.
    pub fn attribute_slots(&self) -> Vec<(String, u16)> {
        attribute_slots(&self.reads)
    }

    /// The attributes that it reads; `None` if it reads the whole context.
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

    /// What it yields when the attributes that it reads, one at the most, are `value`. `take` sees it before it is gone.
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

/// A context: its attributes, and the time in seconds since the epoch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnedContext {
    /// The attributes.
    pub attributes: OwnedMap,
    /// The time, if a rule reads it.
    pub seconds: Option<f64>,
    /// How units are hashed.
    pub fractional_version: FractionalVersion,
}

impl OwnedContext {
    /// The context of a flag or an expression that reads `reads`.
    fn to_context<'a>(&'a self, reads: &'a ReadSet, arena: &'a Bump) -> EvaluationContext<'a> {
        let mut context = EvaluationContext::new(reads, arena, self.seconds.unwrap_or(0.0));
        for (name, value) in &self.attributes {
            if let Some(read) = reads.root(name.as_bytes()) {
                context.fill_slots(read, value.to_value(arena));
            }
        }
        if let Some(key) = &reads.full_context_flag_key {
            let all = self.attributes.iter();
            let all = all.map(|(name, value)| (&**name, value.to_value(arena)));
            context.set_full_context(key, all.collect());
        }
        context
    }

    /// What `flag` answers.
    pub fn decide(&self, flag: &CompiledFlag) -> Decision {
        let arena = Bump::new();
        let context = self.to_context(&flag.read_set, &arena);
        flag.decide(&context)
    }

    /// What stands at a path whose steps are joined by dots; null if there is nothing.
    pub fn value_at_path(&self, path: &str) -> OwnedValue {
        if path == TIMESTAMP_PATH {
            return OwnedValue::Number(self.seconds.unwrap_or(0.0));
        }
        let arena = Bump::new();
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let mut members = self.attributes.iter().rev();
        let root = members.find(|(name, _)| **name == *first);
        let root = root.map_or(Value::Null, |(_, value)| value.to_value(&arena));
        let steps = rest.into_iter().flat_map(|rest| rest.split('.'));
        steps.fold(root, lookup_path_segment).to_owned_value()
    }

    /// The value of an expression of the flag called `key`; `None` for a fault.
    pub fn evaluate_node(&self, node: &Node, key: &str) -> Option<OwnedValue> {
        let question = CompiledExpr::with_fractional_version(node, key, self.fractional_version);
        self.evaluate(&question, |value| value.ok().map(Value::to_owned_value))
    }

    /// What an expression yields. `take` sees it before it is gone.
    pub fn evaluate<T>(
        &self,
        question: &CompiledExpr,
        take: impl FnOnce(Result<Value<'_>, EvalError>) -> T,
    ) -> T {
        let arena = Bump::new();
        let context = self.to_context(&question.reads, &arena);
        take(eval(&question.rule, &Scope::root(&context)))
    }

    /// The share that a `fractional` with constant shares gives.
    pub fn fractional_share(&self, question: &CompiledExpr) -> Option<usize> {
        let Rule::ConstantFractional(parts) = &question.rule else {
            return None;
        };
        let arena = Bump::new();
        let context = self.to_context(&question.reads, &arena);
        match parts.0.select_share(&Scope::root(&context)) {
            Ok(SelectedShare::Index(share)) => Some(share),
            Ok(SelectedShare::NoShare | SelectedShare::Value(_)) | Err(_) => None,
        }
    }
}

/// What an operator makes of constants.
pub fn apply_to_constants(operator: Operator, values: Vec<OwnedValue>) -> Option<OwnedValue> {
    let rules: Vec<Rule> = values.into_iter().map(Rule::from_literal).collect();
    let rule = Rule::Apply(Box::new((operator, ArgumentRules::List(rules.into()))));
    let arena = Bump::new();
    let context = EvaluationContext::new(&ReadSet::default(), &arena, 0.0);
    let value = eval(&rule, &Scope::root(&context));
    value.ok().map(Value::to_owned_value)
}
