//! An evaluation context that owns its attributes: evaluates flags and expressions, reads and sets values by path.

use bumpalo::Bump;
use ecow::EcoString;

use crate::analysis::model::compiled_expr::CompiledExpr;
use crate::analysis::model::var_path::TIMESTAMP_PATH;
use crate::context::EvaluationContext;
use crate::context::ReadSet;
use crate::context::lookup_path_segment;
use crate::decision::Decision;
use crate::document::syntax_tree::Node;
use crate::rule::EvalError;
use crate::rule::Rule;
use crate::rule::Scope;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::bucketing::fractional::SelectedShare;
use crate::rule::eval::eval;
use crate::ruleset::CompiledFlag;
use crate::value::OwnedMap;
use crate::value::OwnedValue;
use crate::value::Value;

/// A context: its attributes, and the time in seconds since the epoch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnedContext {
    /// The attributes.
    pub attributes: OwnedMap,
    /// The time, if a rule reads it.
    pub seconds: Option<f64>,
    /// The version of `fractional`.
    pub fractional_version: FractionalVersion,
}

impl OwnedContext {
    /// The context of a flag or an expression that reads `reads`.
    fn to_context<'a>(&'a self, reads: &'a ReadSet, arena: &'a Bump) -> EvaluationContext<'a> {
        let mut context = EvaluationContext::new(reads, arena, self.seconds.unwrap_or(0.0));
        let attributes = self.attributes.iter();
        let attributes = attributes.map(|(name, value)| (&**name, value.to_value(arena)));
        let attributes: Vec<_> = attributes.collect();
        context.fill_attributes(reads, &attributes);
        if let Some(key) = &reads.full_context_flag_key {
            context.set_full_context(key, &attributes);
        }
        context
    }

    /// The decision of `flag` for this context.
    pub fn decide(&self, flag: &CompiledFlag) -> Decision {
        let arena = Bump::new();
        let context = self.to_context(&flag.read_set, &arena);
        flag.decide(&context)
    }

    /// The value at a path whose steps are joined by dots; null if it is missing.
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

    /// Sets the value at a path whose steps are joined by dots.
    pub fn set_at_path(&mut self, path: &str, value: OwnedValue) {
        match value {
            OwnedValue::Number(n) if *path == *TIMESTAMP_PATH => self.seconds = Some(n),
            value => {
                let mut members = std::mem::take(&mut self.attributes).into_vec();
                insert_at_path(&mut members, path, value);
                self.attributes = members.into();
            }
        }
    }

    /// The value of an expression of the flag called `key`; `None` for a fault.
    pub fn evaluate_node(&self, node: &Node, key: &str) -> Option<OwnedValue> {
        let question = CompiledExpr::with_fractional_version(node, key, self.fractional_version);
        self.evaluate(&question, |value| value.ok().map(Value::to_owned_value))
    }

    /// Evaluates an expression, and passes the result to `take`.
    pub fn evaluate<T>(
        &self,
        question: &CompiledExpr,
        take: impl FnOnce(Result<Value<'_>, EvalError>) -> T,
    ) -> T {
        let arena = Bump::new();
        let context = self.to_context(question.reads(), &arena);
        take(eval(question.rule(), &Scope::root(&context)))
    }

    /// The share that a `fractional` with constant shares gives.
    pub fn fractional_share(&self, question: &CompiledExpr) -> Option<usize> {
        let Rule::ConstantFractional(parts) = question.rule() else {
            return None;
        };
        let arena = Bump::new();
        let context = self.to_context(question.reads(), &arena);
        match parts.0.select_share(&Scope::root(&context)) {
            Ok(SelectedShare::Index(share)) => Some(share),
            Ok(SelectedShare::NoShare | SelectedShare::Value(_)) | Err(_) => None,
        }
    }
}

/// Sets the value at a path, and creates the objects on the way.
fn insert_at_path(members: &mut Vec<(EcoString, OwnedValue)>, path: &str, value: OwnedValue) {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let at = members.iter().position(|(known, _)| **known == *name);
    let Some(rest) = rest else {
        match at.and_then(|at| members.get_mut(at)) {
            Some((_, known)) => *known = value,
            None => members.push((name.into(), value)),
        }
        return;
    };
    let inner: OwnedMap = match at.map(|at| members.remove(at)) {
        Some((_, OwnedValue::Map(inner))) => inner,
        _ => OwnedMap::default(),
    };
    let mut inner = inner.into_vec();
    insert_at_path(&mut inner, rest, value);
    members.push((name.into(), OwnedValue::Map(inner.into())));
}
