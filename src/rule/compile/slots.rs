//! `SlotAllocator`: collects the attributes that a rule reads, and assigns slots to them.

use std::collections::BTreeMap;

use crate::context::AttributeNode;
use crate::context::ReadSet;
use crate::limits;

/// The read set of one flag under construction.
#[derive(Debug, Default)]
pub struct SlotAllocator {
    /// True if a rule reads the full context.
    pub needs_full_context: bool,
    /// True if a rule reads the time.
    pub reads_timestamp: bool,
    roots: BTreeMap<Box<str>, AttributeNodeBuilder>,
    slot_count: usize,
}

#[derive(Debug, Default)]
struct AttributeNodeBuilder {
    slot: Option<u16>,
    children: BTreeMap<Box<str>, AttributeNodeBuilder>,
}

impl SlotAllocator {
    /// The slot of a path, the same one for the same path; `None` if all slots are taken.
    pub fn slot_for_path(&mut self, path: &[&str]) -> Option<u16> {
        let (last, parents) = path.split_last()?;
        let mut level = &mut self.roots;
        for part in parents {
            level = &mut child_or_insert(level, part).children;
        }
        let node = child_or_insert(level, last);
        if node.slot.is_none() && self.slot_count < limits::ATTRIBUTE_SLOTS {
            node.slot = u16::try_from(self.slot_count).ok();
            self.slot_count += 1;
        }
        node.slot
    }

    /// The read set of the flag called `key`.
    pub fn finish(self, key: &str) -> ReadSet {
        ReadSet {
            roots: build_nodes(self.roots),
            slot_count: self.slot_count,
            full_context_flag_key: self.needs_full_context.then(|| key.into()),
            reads_timestamp: self.reads_timestamp || self.needs_full_context,
        }
    }
}

fn child_or_insert<'l>(
    level: &'l mut BTreeMap<Box<str>, AttributeNodeBuilder>,
    name: &str,
) -> &'l mut AttributeNodeBuilder {
    level.entry(name.into()).or_default()
}

fn build_nodes(level: BTreeMap<Box<str>, AttributeNodeBuilder>) -> Box<[AttributeNode]> {
    let finished = level.into_iter().map(|(name, node)| AttributeNode {
        name,
        slot: node.slot,
        children: build_nodes(node.children),
    });
    finished.collect()
}
