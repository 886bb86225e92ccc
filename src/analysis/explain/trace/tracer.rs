//! The tracer: evaluates the syntax tree of a rule and records every operation that is evaluated.

use std::fmt::Write as _;

use bumpalo::Bump;

use crate::analysis::explain::trace::fractional;
use crate::analysis::explain::trace::step::DecisionSource;
use crate::analysis::explain::trace::step::TraceStep;
use crate::analysis::format;
use crate::analysis::model::owned_context::OwnedContext;
use crate::analysis::model::var_path;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::coerce;
use crate::rule::syntax;
use crate::rule::syntax::JsonLogicNode;
use crate::value::OwnedValue;

/// The state of a trace: the steps so far, and the node that decides.
#[derive(Debug)]
pub struct Tracer<'t> {
    flag_key: &'t str,
    context: &'t OwnedContext,
    /// The operations that were evaluated so far.
    pub steps: Vec<TraceStep>,
    /// The JSON Pointer to the node whose value may be the result.
    json_pointer: String,
    /// The node that yielded the result so far.
    pub decided_by: DecisionSource,
}

impl<'t> Tracer<'t> {
    /// A tracer of the targeting rule `node` of `flag`.
    pub fn new(flag: &'t FlagDefinition, node: &Node, context: &'t OwnedContext) -> Tracer<'t> {
        Tracer {
            flag_key: &flag.key,
            context,
            steps: Vec::new(),
            json_pointer: "/targeting".to_owned(),
            decided_by: DecisionSource {
                position: node.position,
                json_pointer: None,
                text: format::format_condition(node),
            },
        }
    }

    /// The value of a node that may be the result of the rule.
    pub fn trace_result(&mut self, node: &Node) -> Option<OwnedValue> {
        self.decided_by = DecisionSource {
            position: node.position,
            json_pointer: Some(self.json_pointer.clone()),
            text: format::format_condition(node),
        };
        if let Some(member) = node.single_member()
            && let Some(items) = syntax::if_arguments(member)
        {
            let _ = write!(self.json_pointer, "/{}", member.key);
            return self.trace_nested(member, node, |tracer| tracer.trace_if(items, true));
        }
        let value = self.trace_value(node);
        self.record_share(node);
        value
    }

    /// Records the selected share as the source of the decision, if the node is a `fractional`.
    fn record_share(&mut self, node: &Node) {
        let JsonLogicNode::Operation(member) = JsonLogicNode::from_node(node) else {
            return;
        };
        let shares = self.steps.last().and_then(|step| step.fractional.as_ref());
        let shares = shares.filter(|_| syntax::is_fractional(&member.key));
        if let Some(shares) = shares
            && let Some((at, chosen)) = shares.selected_share()
        {
            self.decided_by.text = format!(
                "the share {} of `fractional`",
                format::format_value(&chosen.value)
            );
            let first = member.arguments().len().saturating_sub(shares.shares.len());
            // In the definition, older names of the operator are replaced by `fractional`.
            self.decided_by.json_pointer =
                Some(format!("{}/fractional/{}", self.json_pointer, first + at));
        }
    }

    /// The value of a node; `None` for a fault.
    fn trace_value(&mut self, node: &Node) -> Option<OwnedValue> {
        let member = match JsonLogicNode::from_node(node) {
            JsonLogicNode::Value(node) => return Some(node.to_owned_value()),
            JsonLogicNode::List(items) => {
                let values: Option<Vec<OwnedValue>> =
                    items.iter().map(|i| self.trace_value(i)).collect();
                return values.map(|values| OwnedValue::List(values.into()));
            }
            JsonLogicNode::Operation(member) => member,
        };
        let own = || self.context.evaluate_node(node, self.flag_key);
        match (&*member.key, &member.value.kind) {
            ("var", _) => own(),
            ("if" | "?:", NodeKind::List(items)) => {
                self.trace_nested(member, node, |tracer| tracer.trace_if(items, false))
            }
            ("and", NodeKind::List(items)) => self.trace_nested(member, node, |tracer| {
                tracer.trace_short_circuit(items, false)
            }),
            ("or", NodeKind::List(items)) => self.trace_nested(member, node, |tracer| {
                tracer.trace_short_circuit(items, true)
            }),
            // A list operator evaluates its body in another scope, so that it is one step.
            (name, _) if syntax::is_list_operator(name) => {
                let value = own();
                self.trace_nested(member, node, |_| value)
            }
            _ => self.trace_eager_operator(member, node),
        }
    }

    /// Traces an operator that evaluates all its arguments.
    fn trace_eager_operator(&mut self, member: &Member, node: &Node) -> Option<OwnedValue> {
        let result = self.context.evaluate_node(node, self.flag_key);
        let before = std::mem::take(&mut self.steps);
        let values = member.arguments().iter().map(|item| self.trace_value(item));
        let values: Vec<Option<OwnedValue>> = values.collect();
        let steps = std::mem::replace(&mut self.steps, before);
        let operands: Option<Vec<OwnedValue>> = values.into_iter().collect();
        let operands = operands.unwrap_or_default();
        // Buckets are explained for the second version of the hash only.
        let is_explained = syntax::is_fractional(&member.key)
            && self.context.fractional_version == FractionalVersion::V2;
        let shares = is_explained
            .then(|| fractional::trace_fractional(&operands, self.flag_key, self.context));
        let shares = shares.flatten();
        let shares = shares.filter(|shares| shares.explains_result(result.as_ref()));
        let mut step = self.new_step(member, node, result.clone());
        step.operands = operands;
        step.fractional = shares;
        step.substeps = steps;
        self.steps.push(step);
        result
    }

    /// Records a step with the steps that `run` records as its substeps.
    fn trace_nested(
        &mut self,
        member: &Member,
        node: &Node,
        run: impl FnOnce(&mut Self) -> Option<OwnedValue>,
    ) -> Option<OwnedValue> {
        let before = std::mem::take(&mut self.steps);
        let result = run(self);
        let steps = std::mem::replace(&mut self.steps, before);
        let mut step = self.new_step(member, node, result.clone());
        step.substeps = steps;
        self.steps.push(step);
        result
    }

    fn new_step(&self, member: &Member, node: &Node, result: Option<OwnedValue>) -> TraceStep {
        let mut saw = Vec::new();
        let own = member
            .arguments()
            .iter()
            .filter_map(var_path::constant_var_path);
        for name in own {
            let value = self.context.value_at_path(&name);
            if !saw.iter().any(|(known, _)| *known == name) {
                saw.push((name, value));
            }
        }
        TraceStep {
            position: node.position,
            operator: member.key.to_string(),
            text: format::format_condition(node),
            attributes_read: saw,
            operands: Vec::new(),
            result,
            fractional: None,
            substeps: Vec::new(),
        }
    }

    fn trace_if(&mut self, items: &[Node], decides: bool) -> Option<OwnedValue> {
        let result = |tracer: &mut Self, node: &Node, at: usize| {
            if !decides {
                return tracer.trace_value(node);
            }
            let _ = write!(tracer.json_pointer, "/{at}");
            tracer.trace_result(node)
        };
        for (at, clause) in items.chunks(2).enumerate() {
            match clause {
                [condition, then] if truthy(&self.trace_value(condition)?) => {
                    return result(self, then, 2 * at + 1);
                }
                [otherwise] => return result(self, otherwise, 2 * at),
                _ => {}
            }
        }
        Some(OwnedValue::Null)
    }

    fn trace_short_circuit(&mut self, items: &[Node], stop_at: bool) -> Option<OwnedValue> {
        let mut last = OwnedValue::Null;
        for item in items {
            last = self.trace_value(item)?;
            if truthy(&last) == stop_at {
                break;
            }
        }
        Some(last)
    }
}

fn truthy(value: &OwnedValue) -> bool {
    coerce::is_truthy(value.to_value(&Bump::new()))
}
