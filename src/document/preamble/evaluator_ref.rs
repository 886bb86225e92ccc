//! `EvaluatorTable`: resolves `$evaluators`, which are shared rules, and replaces `$ref` with them.
//!
//! Evaluators may refer to each other; they are resolved in the order of their dependencies, and a cycle is an error.
//! A reference that cannot be resolved is kept, so that the flag that contains it returns an error.

use std::collections::HashMap;

use ecow::EcoString;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::closest_match;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::limits;

/// The approximate size of a value in bytes of text.
const BYTES_PER_VALUE: usize = 8;

/// The number of evaluators of a cycle that a message names.
const MAX_CYCLE: usize = 8;

/// The name of the operator that refers to an evaluator.
pub const REF: &str = "$ref";

/// Resolves the references between the evaluators of a document of `length` bytes.
///
/// `None` if `evaluators` is not an object, which rejects the document.
pub fn resolve_evaluators(
    evaluators: Option<Node>,
    length: usize,
    report: &mut DiagnosticSink,
) -> Option<EvaluatorTable> {
    let members = match evaluators.map(|e| (e.position, e.kind)) {
        None | Some((_, NodeKind::Null)) => Vec::new(),
        Some((_, NodeKind::Map(members))) => members,
        Some((position, _)) => {
            let help = "write it as an object with one member per evaluator";
            report.error(
                Code::Evaluator,
                position,
                "`$evaluators` is not an object",
                help,
            );
            return None;
        }
    };
    let mut table = EvaluatorTable::new(members, length, report);
    for name in table.names.clone() {
        table.resolve_evaluator(&name, report);
    }
    Some(table)
}

#[derive(Debug)]
enum EvaluatorState {
    Unresolved(Node, Position),
    Resolving,
    Resolved(Node),
    Unusable,
}

/// Evaluators by name.
#[derive(Debug)]
pub struct EvaluatorTable {
    evaluators: HashMap<EcoString, EvaluatorState>,
    /// The names, in the order of the document.
    names: Vec<EcoString>,
    /// The evaluators that are being resolved, each referred to by the one before.
    chain: Vec<EcoString>,
    /// The number of suggestions left; each one compares all names.
    suggestion_budget: usize,
    /// The number of values that may still be copied.
    pub copy_budget: usize,
}

impl EvaluatorTable {
    fn new(members: Vec<Member>, length: usize, report: &mut DiagnosticSink) -> EvaluatorTable {
        let mut entries = HashMap::new();
        let names = members.iter().map(|member| member.key.clone()).collect();
        for Member {
            key,
            position,
            value,
        } in members
        {
            let entry = if is_empty(&value) {
                let message = format!("evaluator `{key}` is empty");
                report.error(
                    Code::Evaluator,
                    position,
                    message,
                    "give it a rule or remove it",
                );
                EvaluatorState::Unusable
            } else {
                EvaluatorState::Unresolved(value, position)
            };
            entries.insert(key, entry);
        }
        let budget =
            limits::EXPANSION_ALLOWANCE.max(length / BYTES_PER_VALUE * limits::EXPANSION_FACTOR);
        EvaluatorTable {
            evaluators: entries,
            names,
            chain: Vec::new(),
            suggestion_budget: 100,
            copy_budget: budget,
        }
    }

    /// Resolves the evaluator called `name` after those that it refers to.
    fn resolve_evaluator(&mut self, name: &str, report: &mut DiagnosticSink) {
        let Some(entry) = self.evaluators.get_mut(name) else {
            return;
        };
        let (mut node, position) = match std::mem::replace(entry, EvaluatorState::Resolving) {
            EvaluatorState::Unresolved(node, position) => (node, position),
            done => {
                *entry = done;
                return;
            }
        };
        self.chain.push(name.into());
        let too_long = self.chain.len() > limits::REFERENCE_CHAIN;
        if !too_long {
            self.substitute_refs(&mut node, report);
        }
        self.chain.pop();
        let resolved = if too_long || node.depth() > limits::NESTING_DEPTH {
            let message = format!("evaluator `{name}` is nested too deeply");
            report.error(Code::LimitExceeded, position, message, "split the rule");
            EvaluatorState::Unusable
        } else {
            EvaluatorState::Resolved(node)
        };
        self.evaluators.insert(name.into(), resolved);
    }

    /// Replaces every `{"$ref": name}` in `node` with the evaluator of that name.
    pub fn substitute_refs(&mut self, node: &mut Node, report: &mut DiagnosticSink) {
        if let Some(name) = referenced_name(node) {
            let name: EcoString = name.into();
            self.resolve_evaluator(&name, report);
            match self.copy_evaluator(&name, node.position) {
                Ok(copy) => *node = copy,
                Err((code, message)) => {
                    let help = self.reference_help(&name);
                    report.error(code, node.position, message, help);
                }
            }
            return;
        }
        for child in node.children_mut() {
            self.substitute_refs(child, report);
        }
    }

    fn copy_evaluator(&mut self, name: &str, position: Position) -> Result<Node, (Code, String)> {
        let message = match self.evaluators.get(name) {
            Some(EvaluatorState::Resolved(node)) => {
                let size = node.size();
                if size <= self.copy_budget {
                    self.copy_budget -= size;
                    let kind = node.kind.clone();
                    return Ok(Node { position, kind });
                }
                return Err((
                    Code::LimitExceeded,
                    "references make the document too large".to_owned(),
                ));
            }
            Some(EvaluatorState::Resolving | EvaluatorState::Unresolved(..)) => {
                self.describe_cycle(name)
            }
            Some(EvaluatorState::Unusable) => format!("evaluator `{name}` is invalid"),
            None => format!("unknown evaluator `{name}`"),
        };
        Err((Code::Reference, message))
    }

    /// The evaluators of a cycle, which begins and ends with `name`.
    fn describe_cycle(&self, name: &str) -> String {
        let members = self.chain.iter().skip_while(|member| **member != *name);
        let mut members: Vec<String> = members.map(|member| format!("`{member}`")).collect();
        let more = members.len().saturating_sub(MAX_CYCLE);
        if more > 0 {
            members.truncate(MAX_CYCLE);
            members.push(format!("{more} more"));
        }
        members.push(format!("`{name}`"));
        format!(
            "evaluators refer to each other in a cycle: {}",
            members.join(" refers to ")
        )
    }

    fn reference_help(&mut self, name: &str) -> String {
        let searched = self.suggestion_budget.min(1);
        self.suggestion_budget -= searched;
        let names = self.names.iter().map(AsRef::as_ref);
        // A reference to the definition, as in JSON Schema, ends in the name of the evaluator.
        let last = name.rsplit('/').next().unwrap_or(name);
        match closest_match(last, names.take(searched * limits::DOCUMENT_VALUES)) {
            Some(meant) if meant != name => format!("did you mean `{meant}`?"),
            _ => "flags that use it return PARSE_ERROR until this is fixed".to_owned(),
        }
    }
}

/// The name in `{"$ref": name}`.
fn referenced_name(node: &Node) -> Option<&str> {
    let member = node.single_member()?;
    (&*member.key == REF).then(|| member.value.as_text())?
}

/// Returns true for `{}` and `[]`: flagd rejects evaluators of fewer than three characters.
fn is_empty(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Map(members) => members.is_empty(),
        NodeKind::List(items) => items.is_empty(),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => false,
    }
}
