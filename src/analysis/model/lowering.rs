//! Lowers a flag's targeting rule from its syntax tree to a symbolic program.
//!
//! Control flow keeps its structure, an operation on one attribute becomes a [`SingleAttributeExpr`], and an operation
//! that is neither becomes opaque. The recursion over the expression tree passes through the methods of
//! [`ProgramBuilder`] in this file and in its child modules.
//!
//! [`SingleAttributeExpr`]: crate::analysis::model::program::SingleAttributeExpr

mod fractional;
mod missing;
mod missing_names;
mod single_attribute;

use crate::analysis::model::comparisons::find_uses;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::lowering::missing_names::missing_names;
use crate::analysis::model::program::ResultKind;
use crate::analysis::model::program::SymbolicProgram;
use crate::analysis::model::symbolic_expr::BranchKind;
use crate::analysis::model::symbolic_expr::BranchResult;
use crate::analysis::model::symbolic_expr::IfClause;
use crate::analysis::model::symbolic_expr::RuleBranch;
use crate::analysis::model::symbolic_expr::SymbolicExpr;
use crate::analysis::model::unsupported::Unsupported;
use crate::analysis::model::unsupported::UnsupportedInFile;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::syntax;
use crate::rule::syntax::JsonLogicNode;
use crate::value::OwnedValue;

/// Lowers the rule of a flag, and records its comparisons in `space`.
pub fn lower_flag<'d>(flag: &'d FlagDefinition, space: &mut InputDomain) -> SymbolicProgram<'d> {
    let mut program = empty_program(flag);
    let runs = flag.error_code.is_none() && !flag.disabled;
    let targeting = flag.targeting.as_ref();
    let targeting = targeting.filter(|node| runs && !node.as_map().is_some_and(<[_]>::is_empty));
    program.root = targeting.map(|node| lower_rule(node, flag, &mut program, space));
    program
}

/// Lowers single conditions of a flag. Returns the program that holds their single-attribute expressions, and the
/// lowered conditions.
pub fn lower_conditions<'d>(
    nodes: Vec<&'d Node>,
    flag: &'d FlagDefinition,
    space: &mut InputDomain,
) -> (SymbolicProgram<'d>, Vec<SymbolicExpr>) {
    let mut program = empty_program(flag);
    let form = |node| lower_condition(node, flag, &mut program, space);
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

/// Lowers the rule of a flag.
fn lower_rule<'d>(
    node: &'d Node,
    flag: &'d FlagDefinition,
    program: &mut SymbolicProgram<'d>,
    space: &mut InputDomain,
) -> BranchResult {
    let mut builder = ProgramBuilder {
        flag,
        program,
        space,
    };
    builder.lower_result(node, BranchKind::Root, None)
}

/// Lowers a condition.
fn lower_condition<'d>(
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

    /// Lowers an expression that yields the result of the flag, inside of the branch `parent`.
    fn lower_result(
        &mut self,
        node: &'d Node,
        kind: BranchKind,
        parent: Option<usize>,
    ) -> BranchResult {
        let site = Some(self.add_branch(RuleBranch { kind, node, parent }));
        let form = self.lower_expr(node, ResultKind::Leaf, site);
        BranchResult {
            expr: form,
            branch: site,
        }
    }

    /// Lowers an expression. `site` is its branch, if it yields the result of the flag.
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
            ("!" | "!!", _) if has_single_operand(member) => match member.arguments().first() {
                Some(item) => {
                    let inner = self.lower_expr(item, ResultKind::Truthiness, None);
                    SymbolicExpr::Not(Box::new(inner), &*member.key == "!!")
                }
                None => self.lower_single_attribute(node, want),
            },
            (name, _) if syntax::is_fractional(name) => self.lower_fractional(node, site),
            ("missing" | "missing_some", _) if want == ResultKind::Truthiness => {
                self.lower_missing(node, member)
            }
            _ => self.lower_single_attribute(node, want),
        }
    }

    /// The reason why the analysis does not support an expression of this flag.
    fn unsupported(&self, cause: &Unsupported) -> UnsupportedInFile {
        UnsupportedInFile {
            file: self.program.file.clone(),
            cause: cause.clone(),
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
                    last = Some(self.lower_branch_result(otherwise, BranchKind::Else, want, site));
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
            BranchResult {
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
    ) -> BranchResult {
        match parent {
            Some(parent) => self.lower_result(node, kind, Some(parent)),
            None => BranchResult {
                expr: self.lower_expr(node, want, None),
                branch: None,
            },
        }
    }
}

/// Returns true if the operand of a negation is one expression, and not a list whose first item alone is used.
fn has_single_operand(member: &Member) -> bool {
    match &member.value.kind {
        NodeKind::List(items) => items.len() == 1,
        // The first of the missing names is truthy, as the list of them is.
        _ => is_boolean_or_null(&member.value) || missing_names(&member.value).is_some(),
    }
}

/// Returns true if an expression can only yield a boolean or null.
fn is_boolean_or_null(node: &Node) -> bool {
    let Some(member) = node.single_member() else {
        return matches!(node.kind, NodeKind::Bool(_) | NodeKind::Null);
    };
    match (&*member.key, &member.value.kind) {
        ("and" | "or", NodeKind::List(items)) => items.iter().all(is_boolean_or_null),
        (name, _) => find_uses::returns_boolean(name),
    }
}
