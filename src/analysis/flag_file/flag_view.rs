//! A view of one flag in a flag file: as parsed, expanded, compiled, and as a syntax tree node.

use std::collections::HashMap;

use crate::diag::Position;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::ruleset;

/// A flag: parsed, expanded, compiled, and as written.
#[derive(Debug, Clone, Copy)]
pub struct FlagView<'f> {
    /// The parsed flag.
    pub flag: &'f FlagDefinition,
    /// The flag with its rollout fields expanded to a rule.
    pub expanded: &'f FlagDefinition,
    /// The compiled flag.
    pub compiled: &'f ruleset::CompiledFlag,
    /// The node of its definition.
    pub node: Option<&'f Node>,
    /// True if loading the file reports an error of the flag.
    pub has_load_error: bool,
}

/// The nodes of flag definitions by position.
pub struct DefinitionNodes<'f>(HashMap<Position, &'f Node>);

impl<'f> DefinitionNodes<'f> {
    /// Indexes the members or items of `flags` by position.
    pub fn new(flags: Option<&'f Node>) -> DefinitionNodes<'f> {
        DefinitionNodes(match flags.map(|node| &node.kind) {
            Some(NodeKind::Map(members)) => {
                members.iter().map(|m| (m.position, &m.value)).collect()
            }
            Some(NodeKind::List(items)) => items.iter().map(|item| (item.position, item)).collect(),
            _ => HashMap::new(),
        })
    }

    /// The node that defines a flag.
    pub fn find(&self, flag: &FlagDefinition) -> Option<&'f Node> {
        self.0.get(&flag.position).copied()
    }
}
