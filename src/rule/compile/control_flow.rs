//! Compiles `if`, `and` and `or`; branches whose condition is constant are decided at compile time.

use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::ast::Rule;
use crate::rule::compile::Compiler;
use crate::rule::compile::constant_folding::constant_truth;
use crate::rule::decision_tree::DecisionTree;
use crate::rule::decision_tree::Leaf;

impl Compiler<'_> {
    /// The tree of an `if` whose results are decisions.
    pub(super) fn if_tree(&mut self, clauses: &[Node]) -> DecisionTree {
        let mut branches = Vec::new();
        let mut otherwise = DecisionTree::Leaf(Leaf::Default);
        for clause in clauses.chunks(2) {
            match clause {
                [condition, then] => {
                    let never = never_holds(condition);
                    let condition = self.compile_rule(condition);
                    let truth = constant_truth(&condition);
                    let outer = self.is_unreachable;
                    self.is_unreachable |= truth == Some(false) || never;
                    let then = self.compile_tree(then);
                    self.is_unreachable = outer;
                    match truth {
                        None => branches.push((condition, then)),
                        Some(false) => {}
                        Some(true) => {
                            otherwise = then;
                            break;
                        }
                    }
                }
                [last] => otherwise = self.compile_tree(last),
                _ => {}
            }
        }
        if branches.is_empty() {
            return otherwise;
        }
        DecisionTree::If(branches.into(), Box::new(otherwise))
    }

    /// `and` and `or`.
    pub(super) fn short_circuit(&mut self, items: &[Node], stop_at: bool) -> Rule {
        let mut rules = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let rule = self.compile_rule(item);
            let known = constant_truth(&rule);
            if known.is_none_or(|truth| truth == stop_at) || index + 1 == items.len() {
                rules.push(rule);
            }
            if known == Some(stop_at) {
                break;
            }
        }
        if rules.len() < 2 {
            return rules.pop().unwrap_or(Rule::Null);
        }
        if stop_at {
            Rule::Or(rules.into())
        } else {
            Rule::And(rules.into())
        }
    }

    /// An `if` inside a rule.
    pub(super) fn if_rule(&mut self, items: &[Node]) -> Rule {
        let mut rules = Vec::new();
        for clause in items.chunks(2) {
            let mut clause = self.compile_rules(clause);
            match clause.first().and_then(constant_truth) {
                Some(false) if clause.len() == 2 => {}
                Some(true) if clause.len() == 2 => {
                    rules.extend(clause.pop());
                    break;
                }
                _ => rules.append(&mut clause),
            }
        }
        if rules.len() < 2 {
            return rules.pop().unwrap_or(Rule::Null);
        }
        Rule::If(rules.into())
    }
}

/// Returns true for a comparison of text with a constant that is no text, which never holds.
fn never_holds(condition: &Node) -> bool {
    let Some(member) = condition.single_member() else {
        return false;
    };
    let is_affix = matches!(&*member.key, "starts_with" | "ends_with");
    let arguments = member.arguments();
    let is_scalar = |node: &Node| {
        matches!(
            node.kind,
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_)
        )
    };
    is_affix && arguments.len() == 2 && arguments.iter().any(is_scalar)
}
