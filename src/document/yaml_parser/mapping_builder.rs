//! `MappingBuilder`: collects the members of a YAML mapping, and those that the merge key of YAML 1.1 adds: `<<: *base`
//! or `<<: [*a, *b]`.
//!
//! flagd's reader keeps the texts of all keys of the document's root, and of merged keys in a mapping whose own keys are
//! strings. It prints the keys of other mappings.

use std::collections::HashMap;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::document::syntax_tree::object_builder::ObjectBuilder;
use crate::document::yaml_parser::failure::Reported;
use crate::document::yaml_parser::failure::reject;
use crate::document::yaml_parser::mapping_key::ScalarKey;

/// The keys whose printed text is not the written one, by position.
pub type PrintedKeys = HashMap<Position, ScalarKey>;

/// The members of a mapping under construction.
#[derive(Debug)]
pub struct MappingBuilder {
    members: ObjectBuilder,
    merged: Vec<Node>,
    is_root: bool,
    keeps_text: bool,
}

impl MappingBuilder {
    /// A mapping without members; `is_root` is true for the one that is the document.
    pub fn new(is_root: bool) -> MappingBuilder {
        MappingBuilder {
            members: ObjectBuilder::default(),
            merged: Vec::new(),
            is_root,
            keeps_text: true,
        }
    }

    /// Adds a member, or replaces the one of the same key with a warning.
    pub fn insert(
        &mut self,
        key: ScalarKey,
        position: Position,
        value: Node,
        printed: &mut PrintedKeys,
        report: &mut DiagnosticSink,
    ) {
        self.keeps_text &= key.is_string || self.is_root;
        let text = key.text(self.is_root).cloned();
        if key.written.as_ref() != Some(&key.printed) {
            printed.insert(position, key);
        }
        let Some(key) = text else {
            let message = "the member with the key null is ignored";
            let help = "remove it, or quote the key";
            report.warn(Code::UnknownMember, position, message, help);
            return;
        };
        let member = Member {
            key,
            position,
            value,
        };
        self.members.insert_or_warn(member, report);
    }

    /// Adds a value of the merge key; of several, the first one has precedence.
    pub fn merge(&mut self, position: Position, source: Node, report: &mut DiagnosticSink) {
        if !self.merged.is_empty() {
            let message = "duplicate key `<<` in one object";
            let help = "write one `<<` with a list: `<<: [*a, *b]`";
            report.warn(Code::DuplicateKey, position, message, help);
        }
        self.merged.push(source);
    }

    /// The mapping with the merged members whose keys are missing.
    ///
    /// # Errors
    /// If a source of the merge key is not a mapping.
    pub fn finish(
        mut self,
        printed: &PrintedKeys,
        report: &mut DiagnosticSink,
    ) -> Result<NodeKind, Reported> {
        for source in std::mem::take(&mut self.merged) {
            let added = self.add_inherited(source, printed);
            added.map_err(|position| {
                let message = "`<<` requires a mapping or a list of mappings";
                reject(position, message, report)
            })?;
        }
        Ok(self.members.finish())
    }

    /// Adds the members of a source; fails with the position of a value that is not a mapping.
    fn add_inherited(&mut self, source: Node, printed: &PrintedKeys) -> Result<(), Position> {
        match source.kind {
            NodeKind::Map(inherited) => {
                for member in inherited {
                    self.inherit(member, printed);
                }
                Ok(())
            }
            NodeKind::List(sources) => sources
                .into_iter()
                .try_for_each(|source| self.add_inherited(source, printed)),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => {
                Err(source.position)
            }
        }
    }

    fn inherit(&mut self, mut member: Member, printed: &PrintedKeys) {
        if let Some(key) = printed.get(&member.position) {
            match key.text(self.keeps_text) {
                Some(text) => member.key = text.clone(),
                None => return,
            }
        }
        if !self.members.contains(&member.key) {
            self.members.push(member);
        }
    }
}
