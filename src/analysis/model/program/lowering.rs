//! Makes forms of nodes: what decides keeps its structure, what asks one attribute becomes a question, and what is
//! neither can be anything.

mod single_attribute;
mod fractional;

use crate::analysis::model::comparisons;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::program::ResultKind;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::model::symbolic_expr::BranchKind;
use crate::analysis::model::symbolic_expr::BranchResult as Answer;
use crate::analysis::model::symbolic_expr::IfClause;
use crate::analysis::model::symbolic_expr::RuleBranch;
use crate::analysis::model::symbolic_expr::SymbolicExpr;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::syntax::JsonLogicNode;
use crate::value::OwnedValue;

/// The form of a flag's rule.
pub fn lower_rule<'d>(
    node: &'d Node,
    flag: &'d FlagDefinition,
    program: &mut SymbolicProgram<'d>,
    space: &mut InputDomain,
) -> Answer {
    let mut builder = ProgramBuilder {
        flag,
        program,
        space,
    };
    builder.lower_result(node, BranchKind::Root, None)
}

/// The form of a condition.
pub fn lower_condition<'d>(
    node: &'d Node,
    flag: &'d FlagDefinition,
    program: &mut SymbolicProgram<'d>,
    space: &mut InputDomain,
) -> SymbolicExpr {
    let mut builder = ProgramBuilder {
        flag,
        program,
        space,
    };
    builder.lower_expr(node, ResultKind::Truthiness, None)
}

struct ProgramBuilder<'b, 'd> {
    flag: &'d FlagDefinition,
    program: &'b mut SymbolicProgram<'d>,
    space: &'b mut InputDomain,
}

impl<'d> ProgramBuilder<'_, 'd> {
    fn add_branch(&mut self, site: RuleBranch<'d>) -> usize {
        self.program.branches.push(site);
        self.program.branches.len() - 1
    }

    /// An answer of the flag, inside of the branch `parent`.
    fn lower_result(&mut self, node: &'d Node, kind: BranchKind, parent: Option<usize>) -> Answer {
        let site = Some(self.add_branch(RuleBranch { kind, node, parent }));
        let form = self.lower_expr(node, ResultKind::Leaf, site);
        Answer {
            expr: form,
            branch: site,
        }
    }

    /// The form of an expression. `site` is its own, if it is an answer.
    fn lower_expr(
        &mut self,
        node: &'d Node,
        want: ResultKind,
        site: Option<usize>,
    ) -> SymbolicExpr {
        let member = match JsonLogicNode::from_node(node) {
            JsonLogicNode::Value(node) => return SymbolicExpr::Constant(node.to_owned_value()),
            JsonLogicNode::List(_) => return self.lower_single_attribute(node, want),
            JsonLogicNode::Operation(member) => member,
        };
        match (&*member.key, &member.value.kind) {
            ("if" | "?:", NodeKind::List(items)) => self.lower_if(node, items, want, site),
            ("and", NodeKind::List(items)) if !items.is_empty() => SymbolicExpr::And(
                items
                    .iter()
                    .map(|item| self.lower_expr(item, want, None))
                    .collect(),
            ),
            ("or", NodeKind::List(items)) if !items.is_empty() => SymbolicExpr::Or(
                items
                    .iter()
                    .map(|item| self.lower_expr(item, want, None))
                    .collect(),
            ),
            ("!" | "!!", _) if has_single_operand(member) => {
                match comparisons::arguments(member).first() {
                    Some(item) => {
                        let inner = self.lower_expr(item, ResultKind::Truthiness, None);
                        SymbolicExpr::Not(Box::new(inner), &*member.key == "!!")
                    }
                    None => self.lower_single_attribute(node, want),
                }
            }
            ("fractional" | "fractionalEvaluation", _) => self.lower_fractional(node, site),
            ("missing", _) if want == ResultKind::Truthiness => self.lower_missing(node, member),
            _ => self.lower_single_attribute(node, want),
        }
    }

    fn lower_if(
        &mut self,
        node: &'d Node,
        items: &'d [Node],
        want: ResultKind,
        site: Option<usize>,
    ) -> SymbolicExpr {
        let mut clauses = Vec::new();
        let mut last = None;
        for (at, clause) in items.chunks(2).enumerate() {
            match clause {
                [condition, then] => clauses.push(IfClause {
                    condition: self.lower_expr(condition, ResultKind::Truthiness, None),
                    then: self.lower_branch_result(then, BranchKind::Then(at), want, site),
                }),
                [otherwise] => {
                    last = Some(self.lower_branch_result(otherwise, BranchKind::Else, want, site))
                }
                _ => {}
            }
        }
        let last = last.unwrap_or_else(|| {
            let site = site.map(|parent| {
                self.add_branch(RuleBranch {
                    kind: BranchKind::ImplicitElse,
                    node,
                    parent: Some(parent),
                })
            });
            let form = SymbolicExpr::Constant(OwnedValue::Null);
            Answer {
                expr: form,
                branch: site,
            }
        });
        SymbolicExpr::If(clauses, Box::new(last))
    }

    fn lower_branch_result(
        &mut self,
        node: &'d Node,
        kind: BranchKind,
        want: ResultKind,
        parent: Option<usize>,
    ) -> Answer {
        match parent {
            Some(parent) => self.lower_result(node, kind, Some(parent)),
            None => Answer {
                expr: self.lower_expr(node, want, None),
                branch: None,
            },
        }
    }
}

/// Whether a negation sees the value that stands there, and not the first item of a list that it happens to be.
fn has_single_operand(member: &Member) -> bool {
    match &member.value.kind {
        NodeKind::List(items) => items.len() == 1,
        _ => is_boolean_or_null(&member.value),
    }
}

/// Whether an expression can only yield a truth value or null.
fn is_boolean_or_null(node: &Node) -> bool {
    let Some(member) = node.single_member() else {
        return matches!(node.kind, NodeKind::Bool(_) | NodeKind::Null);
    };
    match (&*member.key, &member.value.kind) {
        ("and" | "or", NodeKind::List(items)) => items.iter().all(is_boolean_or_null),
        (name, _) => comparisons::returns_boolean(name),
    }
}
