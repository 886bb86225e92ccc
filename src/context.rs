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
pub struct Reads {
    /// The top-level attributes.
    pub roots: Box<[Read]>,
    /// The number of slots.
    pub slots: usize,
    /// The flag's key, if some rule wants the whole context, of which it is a part.
    pub whole: Option<Box<str>>,
    /// Whether a rule reads `$flagd.timestamp`.
    pub clock: bool,
}

impl Reads {
    /// The top-level attribute called `name`, if it is read.
    pub fn root(&self, name: &[u8]) -> Option<&Read> {
        find(&self.roots, name)
    }
}

/// One attribute that is read: itself, some of its members, or both.
#[derive(Debug, Clone)]
pub struct Read {
    /// The attribute's name.
    pub name: Box<str>,
    /// Where the attribute itself goes.
    pub slot: Option<u16>,
    /// Members that are read.
    pub inner: Box<[Read]>,
}

impl Read {
    /// The member called `name`, if it is read.
    pub fn member(&self, name: &[u8]) -> Option<&Read> {
        find(&self.inner, name)
    }
}

// A flag reads a handful of attributes: comparing lengths first makes a linear search the fastest one.
fn find<'r>(reads: &'r [Read], name: &[u8]) -> Option<&'r Read> {
    reads.iter().find(|read| read.name.as_bytes() == name)
}

const INLINE: usize = 8;

/// The context of one evaluation.
#[derive(Debug)]
pub struct Context<'a> {
    inline: [Value<'a>; INLINE],
    spilled: Option<&'a mut [Value<'a>]>,
    arena: &'a Bump,
    seconds: f64,
    whole: Value<'a>,
    steps: Cell<u32>,
}

impl<'a> Context<'a> {
    /// An empty context for a flag that reads `reads`, at `seconds` since the epoch.
    pub fn new(reads: &Reads, arena: &'a Bump, seconds: f64) -> Context<'a> {
        let spilled =
            (reads.slots > INLINE).then(|| arena.alloc_slice_fill_copy(reads.slots, Value::Null));
        Context {
            inline: [Value::Null; INLINE],
            spilled,
            arena,
            seconds,
            whole: Value::Null,
            steps: Cell::new(limits::EVALUATION_STEPS),
        }
    }

    /// What stands in a slot.
    pub fn slot(&self, slot: u16) -> Value<'a> {
        *self.at(slot)
    }

    /// The place of a slot.
    #[inline]
    pub fn at(&self, slot: u16) -> &Value<'a> {
        let slots = self.spilled.as_deref().unwrap_or(&self.inline);
        slots.get(usize::from(slot)).unwrap_or(&Value::Null)
    }

    /// Puts a value into a slot.
    pub fn set(&mut self, slot: u16, value: Value<'a>) {
        let slots = self.spilled.as_deref_mut().unwrap_or(&mut self.inline);
        if let Some(place) = slots.get_mut(usize::from(slot)) {
            *place = value;
        }
    }

    /// The whole context; null unless [`Reads::whole`] asked for it.
    pub fn whole(&self) -> Value<'a> {
        self.whole
    }

    /// Sets the whole context, to which `$flagd` is added.
    pub fn set_whole(&mut self, flag_key: &'a str, mut members: Vec<(&'a str, Value<'a>)>) {
        let flagd = [
            ("flagKey", Value::Text(flag_key)),
            ("timestamp", Value::Number(self.seconds)),
        ];
        members.push(("$flagd", Value::Map(self.arena.alloc_slice_copy(&flagd))));
        self.whole = Value::Map(self.arena.alloc_slice_copy(&members));
    }

    /// Where values that an evaluation makes live.
    pub fn arena(&self) -> &'a Bump {
        self.arena
    }

    /// The time of the evaluation in whole seconds since the epoch.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Takes `steps` from the evaluation's allowance; `false` when it is used up.
    pub fn spend(&self, steps: usize) -> bool {
        let left = u32::try_from(steps)
            .ok()
            .and_then(|steps| self.steps.get().checked_sub(steps));
        self.steps.set(left.unwrap_or(0));
        left.is_some()
    }

    /// The steps that are left.
    pub fn allowance(&self) -> u32 {
        self.steps.get()
    }

    /// The same context with another number of steps.
    pub fn with_allowance(self, steps: u32) -> Context<'a> {
        self.steps.set(steps);
        self
    }

    /// Fills every slot below `read` from an attribute's value.
    pub fn fill(&mut self, read: &Read, value: Value<'a>) {
        if let Some(slot) = read.slot {
            self.set(slot, value);
        }
        for inner in &read.inner {
            self.fill(inner, step(value, &inner.name));
        }
    }

    /// Empties every slot below `read`.
    pub fn clear(&mut self, read: &Read) {
        self.fill(read, Value::Null);
    }
}

/// One step of a dotted path: a member of a map, or an item of a list by its number.
///
/// As in flagd, a step that is no number reads the first item of a list.
pub fn step<'a>(value: Value<'a>, part: &str) -> Value<'a> {
    match value {
        Value::Map(_) => value.member(part),
        Value::List(items) => {
            let index = crate::number::truncate(crate::number::parse_or_zero(part));
            let item = usize::try_from(index).ok().and_then(|i| items.get(i));
            item.copied().unwrap_or(Value::Null)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => Value::Null,
    }
}
