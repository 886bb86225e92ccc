//! The anchored nodes of a document, and the budget for copies of them.

use std::collections::HashMap;

use crate::diag::Position;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::limits;

/// The anchored nodes by the number of their anchor.
#[derive(Debug, Default)]
pub struct Anchors {
    nodes: HashMap<usize, Node>,
    copied_values: usize,
}

/// The reason why a node cannot be copied.
#[derive(Debug)]
pub struct CopyError {
    /// The position of the node that is too large; `None` for that of the alias.
    pub position: Option<Position>,
    /// The error in words.
    pub message: &'static str,
}

impl Anchors {
    /// Keeps a copy of a node, in a document of `node_count` nodes so far.
    ///
    /// # Errors
    /// If the copies make the document too large.
    pub fn insert(
        &mut self,
        anchor: usize,
        node: &Node,
        node_count: usize,
    ) -> Result<(), CopyError> {
        self.charge(node, node_count)?;
        self.nodes.insert(anchor, node.clone());
        Ok(())
    }

    /// The node of an anchor.
    pub fn get(&self, anchor: usize) -> Option<&Node> {
        self.nodes.get(&anchor)
    }

    /// Copies a node to a place `depth` levels deep in a document of `node_count` nodes so far.
    ///
    /// # Errors
    /// If there is no such node, or the copy nests the document too deeply or makes it too large.
    pub fn copy(
        &mut self,
        anchor: usize,
        depth: usize,
        node_count: usize,
    ) -> Result<NodeKind, CopyError> {
        let error = |message| CopyError {
            position: None,
            message,
        };
        let Some(node) = self.nodes.get(&anchor).cloned() else {
            let message = "an alias refers to the value that it is part of";
            return Err(error(message));
        };
        if depth + node.depth() > limits::NESTING_DEPTH {
            return Err(error("aliases nest the document too deeply"));
        }
        self.charge(&node, node_count)?;
        Ok(node.kind)
    }

    /// Charges a copy of a node to the budget.
    fn charge(&mut self, node: &Node, node_count: usize) -> Result<(), CopyError> {
        let allowed = limits::EXPANSION_ALLOWANCE.max(node_count * limits::EXPANSION_FACTOR);
        self.copied_values += node.size();
        if self.copied_values > allowed {
            return Err(CopyError {
                position: Some(node.position),
                message: "aliases make the document too large",
            });
        }
        Ok(())
    }
}
