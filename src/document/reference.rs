//! `$evaluators` and `$ref`: rules that are written once and used in many places.
//!
//! Evaluators may refer to each other; they are resolved in the order of their dependencies, and a circle is refused.
//! A reference that cannot be resolved stays as it is: the flag that holds it answers with an error.

use std::collections::HashMap;

use ecow::EcoString;

use crate::diag;
use crate::diag::Code;
use crate::diag::Place;
use crate::diag::Report;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::limits;

/// How many bytes of text a value takes, about.
const VALUE: usize = 8;

/// The name of the operator that refers to an evaluator.
pub const REF: &str = "$ref";

/// The evaluators of a document whose text has `length` bytes, resolved among themselves.
///
/// `None` if `evaluators` is no object, which refuses the document.
pub fn resolve(evaluators: Option<Node>, length: usize, report: &mut Report) -> Option<Table> {
    let members = match evaluators.map(|e| (e.place, e.kind)) {
        None | Some((_, Kind::Null)) => Vec::new(),
        Some((_, Kind::Map(members))) => members,
        Some((place, _)) => {
            let help = "write it as an object with one member per evaluator";
            report.error(
                Code::Evaluator,
                place,
                "`$evaluators` is not an object",
                help,
            );
            return None;
        }
    };
    let mut table = Table::new(members, length, report);
    let names: Vec<_> = table.entries.keys().cloned().collect();
    for name in names {
        table.evaluator(&name, report);
    }
    Some(table)
}

#[derive(Debug)]
enum Entry {
    Written(Node, Place),
    Open,
    Resolved(Node),
    Unusable,
}

/// Evaluators by name.
#[derive(Debug)]
pub struct Table {
    entries: HashMap<EcoString, Entry>,
    /// How many evaluators are open.
    open: usize,
    /// How many suggestions may still be looked for: each looks at all names.
    suggestions: usize,
    /// How many values may still be copied.
    pub budget: usize,
}

impl Table {
    fn new(members: Vec<Member>, length: usize, report: &mut Report) -> Table {
        let mut entries = HashMap::new();
        for Member { key, place, value } in members {
            let entry = if is_empty(&value) {
                let message = format!("evaluator `{key}` is empty");
                report.error(
                    Code::Evaluator,
                    place,
                    message,
                    "give it a rule or remove it",
                );
                Entry::Unusable
            } else {
                Entry::Written(value, place)
            };
            entries.insert(key, entry);
        }
        let budget = limits::EXPANSION_FREE.max(length / VALUE * limits::EXPANSION_FACTOR);
        Table {
            entries,
            open: 0,
            suggestions: 100,
            budget,
        }
    }

    /// Resolves the evaluator called `name`, those it needs first.
    fn evaluator(&mut self, name: &str, report: &mut Report) {
        let Some(entry) = self.entries.get_mut(name) else {
            return;
        };
        let (mut node, place) = match std::mem::replace(entry, Entry::Open) {
            Entry::Written(node, place) => (node, place),
            done => {
                *entry = done;
                return;
            }
        };
        self.open += 1;
        let too_long = self.open > limits::REFERENCES;
        if !too_long {
            self.substitute(&mut node, report);
        }
        self.open -= 1;
        let resolved = if too_long || node.depth() > limits::DEPTH {
            let message = format!("evaluator `{name}` is nested too deeply");
            report.error(Code::Limit, place, message, "split the rule");
            Entry::Unusable
        } else {
            Entry::Resolved(node)
        };
        self.entries.insert(name.into(), resolved);
    }

    /// Replaces every `{"$ref": name}` in `node` by the evaluator of that name.
    pub fn substitute(&mut self, node: &mut Node, report: &mut Report) {
        if let Some(name) = referred(node) {
            let name: EcoString = name.into();
            self.evaluator(&name, report);
            match self.copy(&name, node.place) {
                Ok(copy) => *node = copy,
                Err((code, message)) => {
                    let help = self.help(&name);
                    report.error(code, node.place, message, help);
                }
            }
            return;
        }
        for child in node.children_mut() {
            self.substitute(child, report);
        }
    }

    fn copy(&mut self, name: &str, place: Place) -> Result<Node, (Code, String)> {
        let message = match self.entries.get(name) {
            Some(Entry::Resolved(node)) => {
                let size = node.size();
                if size <= self.budget {
                    self.budget -= size;
                    let kind = node.kind.clone();
                    return Ok(Node { place, kind });
                }
                return Err((
                    Code::Limit,
                    "references make the document too large".to_owned(),
                ));
            }
            Some(Entry::Open | Entry::Written(..)) => {
                format!("evaluator `{name}` refers to itself in a circle")
            }
            Some(Entry::Unusable) => format!("evaluator `{name}` cannot be used"),
            None => format!("there is no evaluator `{name}`"),
        };
        Err((Code::Reference, message))
    }

    fn help(&mut self, name: &str) -> String {
        let looked_for = self.suggestions.min(1);
        self.suggestions -= looked_for;
        let names = self.entries.keys().map(AsRef::as_ref);
        match diag::nearest(name, names.take(looked_for * limits::NODES)) {
            Some(meant) if meant != name => format!("did you mean `{meant}`?"),
            _ => "what uses it answers PARSE_ERROR until this is mended".to_owned(),
        }
    }
}

/// The name in `{"$ref": name}`.
fn referred(node: &Node) -> Option<&str> {
    let member = node.only_member()?;
    (&*member.key == REF).then(|| member.value.as_text())?
}

/// flagd refuses evaluators of less than three characters, such as `{}`.
fn is_empty(node: &Node) -> bool {
    match &node.kind {
        Kind::Map(members) => members.is_empty(),
        Kind::List(items) => items.is_empty(),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => false,
    }
}
