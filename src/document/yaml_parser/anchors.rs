//! The anchored nodes of a document, and the budget for copies of them.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::diag::Code;
use crate::diag::Position;
use crate::document::syntax_tree::Node;
use crate::document::yaml_parser::mapping_key::ScalarKey;
use crate::limits;

/// The anchored nodes by name.
#[derive(Debug, Default)]
pub struct Anchors {
    // `None` while a collection is open: it cannot contain itself.
    nodes: HashMap<String, Option<Anchored>>,
    copied_values: usize,
}

/// A node with an anchor.
#[derive(Debug, Clone)]
pub struct Anchored {
    /// The node.
    pub node: Node,
    /// The key for which its alias stands; `None` for a collection.
    pub key: Option<ScalarKey>,
}

/// The reason why a node cannot be copied.
#[derive(Debug)]
pub struct CopyError {
    /// The position of the node that is too large; `None` for the position of the alias.
    pub position: Option<Position>,
    /// The code of the diagnostic.
    pub code: Code,
    /// The error message.
    pub message: Cow<'static, str>,
    /// The remedy, or an empty string.
    pub help: &'static str,
}

impl CopyError {
    fn limit(position: Option<Position>, message: &'static str) -> CopyError {
        CopyError {
            position,
            code: Code::LimitExceeded,
            message: Cow::Borrowed(message),
            help: "",
        }
    }
}

impl Anchors {
    /// Declares the anchor of a collection whose end is still to come.
    pub fn open(&mut self, anchor: &str) {
        self.nodes.insert(anchor.to_owned(), None);
    }

    /// Stores a node, in a document of `node_count` nodes so far.
    ///
    /// # Errors
    /// If the copies make the document too large.
    pub fn insert(
        &mut self,
        anchor: String,
        anchored: Anchored,
        node_count: usize,
    ) -> Result<(), CopyError> {
        self.charge(&anchored.node, node_count)?;
        self.nodes.insert(anchor, Some(anchored));
        Ok(())
    }

    /// Copies a node to a nesting depth of `depth`, in a document of `node_count` nodes so far.
    ///
    /// # Errors
    /// If the anchor has no node yet, or the copy nests the document too deeply or makes it too large.
    pub fn copy(
        &mut self,
        anchor: &str,
        depth: usize,
        node_count: usize,
    ) -> Result<Anchored, CopyError> {
        let anchored = match self.nodes.get(anchor) {
            Some(Some(anchored)) => anchored.clone(),
            Some(None) => {
                let message = "an alias refers to a value that contains it";
                return Err(CopyError::limit(None, message));
            }
            None => {
                return Err(CopyError {
                    position: None,
                    code: Code::Syntax,
                    message: format!("unknown anchor `{anchor}`").into(),
                    help: "define it above as `&NAME VALUE`, or quote the text if it is not an alias",
                });
            }
        };
        if depth + anchored.node.depth() > limits::NESTING_DEPTH {
            return Err(CopyError::limit(
                None,
                "aliases nest the document too deeply",
            ));
        }
        self.charge(&anchored.node, node_count)?;
        Ok(anchored)
    }

    /// Charges a copy of a node to the budget.
    fn charge(&mut self, node: &Node, node_count: usize) -> Result<(), CopyError> {
        let allowed = limits::EXPANSION_ALLOWANCE.max(node_count * limits::EXPANSION_FACTOR);
        self.copied_values += node.size();
        if self.copied_values > allowed {
            let message = "aliases make the document too large";
            return Err(CopyError::limit(Some(node.position), message));
        }
        Ok(())
    }
}
