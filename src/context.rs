//! The evaluation context as a flag sees it: only the attributes that its rules read.

use std::cell::Cell;

use bumpalo::Bump;

use crate::limits;
use crate::value::Value;

/// Which attributes the rules of a flag read, as a tree of names.
///
/// Every path is a slot. Whoever holds the caller's bytes walks them once beside this tree, fills the slots and skips
/// the rest.
#[derive(Debug, Clone, Default)]
pub struct ReadSet {
    /// The top-level attributes.
    pub roots: Box<[AttributeNode]>,
    /// The number of slots.
    pub slot_count: usize,
    /// The flag's key, if some rule wants the whole context, of which it is a part.
    pub full_context_flag_key: Option<Box<str>>,
    /// Whether a rule reads `$flagd.timestamp`.
    pub reads_timestamp: bool,
}

impl ReadSet {
    /// The top-level attribute called `name`, if it is read.
    pub fn root(&self, name: &[u8]) -> Option<&AttributeNode> {
        find_node(&self.roots, name)
    }
}

/// One attribute that is read: itself, some of its members, or both.
#[derive(Debug, Clone)]
pub struct AttributeNode {
    /// The attribute's name.
    pub name: Box<str>,
    /// Where the attribute itself goes.
    pub slot: Option<u16>,
    /// Members that are read.
    pub children: Box<[AttributeNode]>,
}

impl AttributeNode {
    /// The member called `name`, if it is read.
    pub fn child(&self, name: &[u8]) -> Option<&AttributeNode> {
        find_node(&self.children, name)
    }
}

// A flag reads a handful of attributes: comparing lengths first makes a linear search the fastest one.
fn find_node<'r>(reads: &'r [AttributeNode], name: &[u8]) -> Option<&'r AttributeNode> {
    reads.iter().find(|read| read.name.as_bytes() == name)
}

const INLINE_SLOTS: usize = 8;

/// The context of one evaluation.
#[derive(Debug)]
pub struct EvaluationContext<'a> {
    inline_slots: [Value<'a>; INLINE_SLOTS],
    spilled_slots: Option<&'a mut [Value<'a>]>,
    arena: &'a Bump,
    unix_seconds: f64,
    full_context: Value<'a>,
    remaining_steps: Cell<u32>,
}

impl<'a> EvaluationContext<'a> {
    /// An empty context for a flag that reads `reads`, at `seconds` since the epoch.
    pub fn new(reads: &ReadSet, arena: &'a Bump, seconds: f64) -> EvaluationContext<'a> {
        let spilled = (reads.slot_count > INLINE_SLOTS)
            .then(|| arena.alloc_slice_fill_copy(reads.slot_count, Value::Null));
        EvaluationContext {
            inline_slots: [Value::Null; INLINE_SLOTS],
            spilled_slots: spilled,
            arena,
            unix_seconds: seconds,
            full_context: Value::Null,
            remaining_steps: Cell::new(limits::EVALUATION_STEPS),
        }
    }

    /// What stands in a slot.
    pub fn slot(&self, slot: u16) -> Value<'a> {
        *self.slot_ref(slot)
    }

    /// The place of a slot.
    #[inline]
    pub fn slot_ref(&self, slot: u16) -> &Value<'a> {
        let slots = self.spilled_slots.as_deref().unwrap_or(&self.inline_slots);
        slots.get(usize::from(slot)).unwrap_or(&Value::Null)
    }

    /// Puts a value into a slot.
    pub fn set_slot(&mut self, slot: u16, value: Value<'a>) {
        let slots = self
            .spilled_slots
            .as_deref_mut()
            .unwrap_or(&mut self.inline_slots);
        if let Some(place) = slots.get_mut(usize::from(slot)) {
            *place = value;
        }
    }

    /// The whole context; null unless [`ReadSet::full_context`] asked for it.
    pub fn full_context(&self) -> Value<'a> {
        self.full_context
    }

    /// Sets the whole context, to which `$flagd` is added.
    pub fn set_full_context(&mut self, flag_key: &'a str, mut members: Vec<(&'a str, Value<'a>)>) {
        let flagd = [
            ("flagKey", Value::Text(flag_key)),
            ("timestamp", Value::Number(self.unix_seconds)),
        ];
        members.push(("$flagd", Value::Map(self.arena.alloc_slice_copy(&flagd))));
        self.full_context = Value::Map(self.arena.alloc_slice_copy(&members));
    }

    /// Where values that an evaluation makes live.
    pub fn arena(&self) -> &'a Bump {
        self.arena
    }

    /// The time of the evaluation in whole seconds since the epoch.
    pub fn unix_seconds(&self) -> f64 {
        self.unix_seconds
    }

    /// Takes `steps` from the evaluation's allowance; `false` when it is used up.
    pub fn spend_steps(&self, steps: usize) -> bool {
        let left = u32::try_from(steps)
            .ok()
            .and_then(|steps| self.remaining_steps.get().checked_sub(steps));
        self.remaining_steps.set(left.unwrap_or(0));
        left.is_some()
    }

    /// The steps that are left.
    pub fn remaining_steps(&self) -> u32 {
        self.remaining_steps.get()
    }

    /// The same context with another number of steps.
    pub fn with_remaining_steps(self, steps: u32) -> EvaluationContext<'a> {
        self.remaining_steps.set(steps);
        self
    }

    /// Fills every slot below `read` from an attribute's value.
    pub fn fill_slots(&mut self, read: &AttributeNode, value: Value<'a>) {
        if let Some(slot) = read.slot {
            self.set_slot(slot, value);
        }
        for inner in &read.children {
            self.fill_slots(inner, lookup_path_segment(value, &inner.name));
        }
    }

    /// Empties every slot below `read`.
    pub fn clear_slots(&mut self, read: &AttributeNode) {
        self.fill_slots(read, Value::Null);
    }
}

/// One step of a dotted path: a member of a map, or an item of a list by its number.
///
/// As in flagd, a step that is no number reads the first item of a list.
pub fn lookup_path_segment<'a>(value: Value<'a>, part: &str) -> Value<'a> {
    match value {
        Value::Map(_) => value.member(part),
        Value::List(items) => {
            let index = crate::number::truncate_to_i64(crate::number::parse_or_zero(part));
            let item = usize::try_from(index).ok().and_then(|i| items.get(i));
            item.copied().unwrap_or(Value::Null)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => Value::Null,
    }
}
