//! `EvaluationContext`: the attributes of a caller's context that a flag's rules read, in slots.

mod read_set;

use std::cell::Cell;

use bumpalo::Bump;

pub use crate::context::read_set::AttributeNode;
pub use crate::context::read_set::ReadSet;
use crate::limits;
use crate::number;
use crate::value::Value;

// Nearly all flags read fewer attributes: their slots need no allocation.
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
    exhausted: Cell<bool>,
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
            exhausted: Cell::new(false),
        }
    }

    /// The value in a slot.
    pub fn slot(&self, slot: u16) -> Value<'a> {
        *self.slot_ref(slot)
    }

    /// The value in a slot, by reference.
    #[inline]
    pub fn slot_ref(&self, slot: u16) -> &Value<'a> {
        let slots = self.spilled_slots.as_deref().unwrap_or(&self.inline_slots);
        slots.get(usize::from(slot)).unwrap_or(&Value::Null)
    }

    /// Sets the value in a slot.
    pub fn set_slot(&mut self, slot: u16, value: Value<'a>) {
        let slots = self
            .spilled_slots
            .as_deref_mut()
            .unwrap_or(&mut self.inline_slots);
        if let Some(target) = slots.get_mut(usize::from(slot)) {
            *target = value;
        }
    }

    /// The full context; null unless [`ReadSet::full_context_flag_key`] is set.
    pub fn full_context(&self) -> Value<'a> {
        self.full_context
    }

    /// Sets the full context, to which `$flagd` is added.
    pub fn set_full_context(&mut self, flag_key: &'a str, members: &[(&'a str, Value<'a>)]) {
        let flagd = [
            ("flagKey", Value::Text(flag_key)),
            ("timestamp", Value::Number(self.unix_seconds)),
        ];
        let flagd = ("$flagd", Value::Map(self.arena.alloc_slice_copy(&flagd)));
        let all = self.arena.alloc_slice_fill_with(members.len() + 1, |i| {
            members.get(i).copied().unwrap_or(flagd)
        });
        self.full_context = Value::Map(all);
    }

    /// The arena of values that the evaluation computes.
    pub fn arena(&self) -> &'a Bump {
        self.arena
    }

    /// The time of the evaluation in whole seconds since the epoch.
    pub fn unix_seconds(&self) -> f64 {
        self.unix_seconds
    }

    /// Charges `steps` to the evaluation's budget; returns false if the budget is exhausted.
    pub fn spend_steps(&self, steps: usize) -> bool {
        let left = u32::try_from(steps)
            .ok()
            .and_then(|steps| self.remaining_steps.get().checked_sub(steps));
        self.remaining_steps.set(left.unwrap_or(0));
        if left.is_none() {
            self.exhausted.set(true);
        }
        left.is_some()
    }

    /// Returns true if steps were charged that were not left. The slots may then be incomplete.
    pub fn is_exhausted(&self) -> bool {
        self.exhausted.get()
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

    /// Fills the slots of `reads` from attributes. If a name occurs several times, the last one wins.
    pub fn fill_attributes(&mut self, reads: &ReadSet, attributes: &[(&'a str, Value<'a>)]) {
        for (name, value) in attributes {
            if let Some(read) = reads.root(name.as_bytes()) {
                self.fill_slots(read, *value);
            }
        }
    }

    /// Fills every slot below the node `read` from an attribute's value.
    pub fn fill_slots(&mut self, read: &AttributeNode, value: Value<'a>) {
        if let Some(slot) = read.slot {
            self.set_slot(slot, value);
        }
        if !read.children.is_empty() && self.spend_steps(members_cost(read, value)) {
            for inner in &read.children {
                self.fill_slots(inner, lookup_path_segment(value, &inner.name));
            }
        }
    }

    /// Sets every slot below the node `read` to null.
    pub fn clear_slots(&mut self, read: &AttributeNode) {
        self.fill_slots(read, Value::Null);
    }
}

/// The steps to look up all children of `read` in `value`.
fn members_cost(read: &AttributeNode, value: Value<'_>) -> usize {
    let lookups = read.children.iter();
    lookups
        .map(|inner| 1 + lookup_cost(value, &inner.name))
        .fold(0, usize::saturating_add)
}

/// The steps of [`lookup_path_segment`]: a map is searched member by member.
pub fn lookup_cost(value: Value<'_>, part: &str) -> usize {
    match value {
        Value::Map(members) => members.len() / 4 * (1 + part.len() / 64),
        Value::List(_) => part.len() / 2,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => 0,
    }
}

/// One segment of a dotted path: a member of a map, or an item of a list by its index.
///
/// As in flagd, a segment that is not a number reads the first item of a list.
pub fn lookup_path_segment<'a>(value: Value<'a>, part: &str) -> Value<'a> {
    match value {
        Value::Map(_) => value.member(part),
        Value::List(items) => {
            let index = number::truncate_to_i64(number::parse_or_zero(part));
            let item = usize::try_from(index).ok().and_then(|i| items.get(i));
            item.copied().unwrap_or(Value::Null)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => Value::Null,
    }
}
