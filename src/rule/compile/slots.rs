//! `SlotAllocator`: collects the attributes that a rule reads, and assigns slots to them.

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
    roots: Vec<AttributeNodeBuilder>,
    slot_count: usize,
}

#[derive(Debug)]
struct AttributeNodeBuilder {
    name: Box<str>,
    slot: Option<u16>,
    children: Vec<AttributeNodeBuilder>,
}

impl SlotAllocator {
    /// The slot of a path, the same one for the same path; `None` if all slots are taken.
    pub fn slot_for_path(&mut self, path: &[&str]) -> Option<u16> {
        let (last, parents) = path.split_last()?;
        let mut level = &mut self.roots;
        for part in parents {
            level = &mut child_or_insert(level, part)?.children;
        }
        let node = child_or_insert(level, last)?;
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
    level: &'l mut Vec<AttributeNodeBuilder>,
    name: &str,
) -> Option<&'l mut AttributeNodeBuilder> {
    let known = level.iter().position(|node| *node.name == *name);
    let index = known.unwrap_or(level.len());
    if known.is_none() {
        level.push(AttributeNodeBuilder {
            name: name.into(),
            slot: None,
            children: Vec::new(),
        });
    }
    level.get_mut(index)
}

fn build_nodes(level: Vec<AttributeNodeBuilder>) -> Box<[AttributeNode]> {
    let finished = level.into_iter().map(|node| AttributeNode {
        name: node.name,
        slot: node.slot,
        children: build_nodes(node.children),
    });
    finished.collect()
}
