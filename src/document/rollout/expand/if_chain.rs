//! `IfChain`: an `if` operation with many branches under construction.

use crate::diag::Position;
use crate::document::rollout::expand::folded_condition::FoldedCondition;
use crate::document::rollout::jsonlogic_builder;
use crate::document::syntax_tree::Node;

/// The branches of an `if` operation, in their order.
#[derive(Debug)]
pub struct IfChain {
    position: Position,
    /// Conditions and results in turn.
    arguments: Vec<Node>,
    /// True after a condition that always holds.
    closed: bool,
}

impl IfChain {
    /// A chain without branches.
    pub fn new(position: Position) -> IfChain {
        IfChain {
            position,
            arguments: Vec::new(),
            closed: false,
        }
    }

    /// Adds a branch. Branches after a condition that always holds are dropped.
    pub fn add_branch(&mut self, condition: FoldedCondition, result: impl FnOnce() -> Node) {
        if self.closed {
            return;
        }
        match condition {
            FoldedCondition::Never => return,
            FoldedCondition::Always => self.closed = true,
            FoldedCondition::If(node) => self.arguments.push(node),
        }
        self.arguments.push(result());
    }

    /// The rule, with `rest` as its last branch.
    pub fn finish(mut self, rest: Option<&Node>) -> Option<Node> {
        if self.arguments.is_empty() {
            return rest.cloned();
        }
        let rest = rest.filter(|rest| rest.as_map().is_none_or(|members| !members.is_empty()));
        match (self.closed, self.arguments.len()) {
            (false, _) => self.arguments.extend(rest.cloned()),
            (true, 1) => self
                .arguments
                .insert(0, jsonlogic_builder::boolean(self.position, true)),
            (true, _) => {}
        }
        Some(jsonlogic_builder::operation(
            self.position,
            "if",
            self.arguments,
        ))
    }
}
