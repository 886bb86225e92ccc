//! Compiles a targeting rule into a decision tree and its read set, and reports errors in the rule.

mod check;
mod constant_folding;
mod control_flow;
mod fractional;
mod legacy_fractional;
mod list_op;
mod operation;
mod slots;
mod var;

use bumpalo::Bump;
use ecow::EcoString;

use crate::context::ReadSet;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::limits;
use crate::rule::ast::Rule;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::compile::constant_folding::list_rule;
use crate::rule::compile::slots::SlotAllocator;
use crate::rule::decision_tree;
use crate::rule::decision_tree::DecisionTree;
use crate::rule::decision_tree::Leaf;
use crate::rule::error::EvalError;
use crate::rule::syntax::JsonLogicNode;
use crate::value::OwnedValue;

/// The decision tree for the rule of the flag called `key`, and its read set. `names` are the flag's variants, sorted.
pub fn compile_targeting(
    node: &Node,
    key: &str,
    names: &[EcoString],
    fractional: FractionalVersion,
    report: &mut DiagnosticSink,
) -> (DecisionTree, ReadSet) {
    let mut compiler = Compiler {
        flag_key: key,
        variant_names: names,
        fractional_version: fractional,
        slot_allocator: SlotAllocator::default(),
        in_list_op: false,
        is_unreachable: false,
        depth: 0,
        report,
    };
    let tree = compiler.compile_tree(node);
    let reads = compiler.slot_allocator.finish(key);
    (tree, reads)
}

/// The rule for one expression of the flag called `key`, and its read set. Errors in the expression are reported when
/// the whole targeting is compiled.
pub fn compile_expression(
    node: &Node,
    key: &str,
    fractional: FractionalVersion,
) -> (Rule, ReadSet) {
    let mut compiler = Compiler {
        flag_key: key,
        variant_names: &[],
        fractional_version: fractional,
        slot_allocator: SlotAllocator::default(),
        in_list_op: false,
        is_unreachable: false,
        depth: 0,
        report: &mut DiagnosticSink::new("".into()),
    };
    let rule = compiler.compile_rule(node);
    let reads = compiler.slot_allocator.finish(key);
    (rule, reads)
}

/// The state of compiling one targeting rule.
struct Compiler<'c> {
    flag_key: &'c str,
    variant_names: &'c [EcoString],
    /// The version of `fractional`, which determines how units are hashed.
    fractional_version: FractionalVersion,
    slot_allocator: SlotAllocator,
    /// True inside the body of a list operation.
    in_list_op: bool,
    /// True inside a branch whose condition is always false.
    is_unreachable: bool,
    depth: usize,
    report: &'c mut DiagnosticSink,
}

impl Compiler<'_> {
    fn compile_tree(&mut self, node: &Node) -> DecisionTree {
        if self.depth < 2 * limits::NESTING_DEPTH
            && let JsonLogicNode::Operation(member) = JsonLogicNode::from_node(node)
        {
            match (&*member.key, &member.value.kind) {
                ("if" | "?:", NodeKind::List(clauses)) => {
                    self.check_operation(member);
                    self.depth += 1;
                    let tree = self.if_tree(clauses);
                    self.depth -= 1;
                    return tree;
                }
                ("fractional", NodeKind::List(arguments)) => {
                    // Otherwise `compile_rule` checks it.
                    if let Some(tree) = self.fractional_tree(arguments) {
                        self.check_operation(member);
                        return tree;
                    }
                }
                _ => {}
            }
        }
        let rule = self.compile_rule(node);
        match rule.into_constant() {
            Ok(constant) => DecisionTree::Leaf(self.leaf_for_constant(&constant, node.position)),
            Err(rule) => {
                self.check_result(node);
                DecisionTree::Computed(Box::new(rule))
            }
        }
    }

    /// The leaf for a constant result, with a diagnostic if no variant has this name.
    fn leaf_for_constant(&mut self, constant: &OwnedValue, position: Position) -> Leaf {
        let arena = Bump::new();
        let leaf = decision_tree::leaf_for_value(Ok(constant.to_value(&arena)), self.variant_names);
        if leaf == Leaf::UnknownVariant {
            self.report_unknown_variant(constant, position);
        }
        leaf
    }

    fn compile_rule(&mut self, node: &Node) -> Rule {
        if self.depth >= 2 * limits::NESTING_DEPTH {
            let message = format!("the rule of flag `{}` is nested too deeply", self.flag_key);
            self.report_invalid_rule(node.position, message, "split the rule");
            return Rule::Invalid(EvalError::StepLimitExceeded);
        }
        self.depth += 1;
        let rule = match JsonLogicNode::from_node(node) {
            JsonLogicNode::Value(node) => {
                self.check_object(node);
                Rule::from_literal(node.to_owned_value())
            }
            JsonLogicNode::List(items) => list_rule(self.compile_rules(items)),
            JsonLogicNode::Operation(member) => self.compile_operation(member),
        };
        self.depth -= 1;
        rule
    }

    fn compile_rules(&mut self, nodes: &[Node]) -> Vec<Rule> {
        nodes.iter().map(|node| self.compile_rule(node)).collect()
    }

    /// Reports a rule that fails for every context.
    fn report_invalid_rule(
        &mut self,
        position: Position,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.report.error(Code::Rule, position, message, help);
    }
}
