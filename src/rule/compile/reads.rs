//! Collects which attributes a rule reads, and numbers them.

use crate::context::Read;
use crate::context::Reads;
use crate::limits;

/// The reads of one flag, as they are found.
#[derive(Debug, Default)]
pub struct Builder {
    /// Whether a rule reads the whole context.
    pub whole: bool,
    /// Whether a rule reads the time.
    pub clock: bool,
    roots: Vec<Growing>,
    slots: usize,
}

#[derive(Debug)]
struct Growing {
    name: Box<str>,
    slot: Option<u16>,
    inner: Vec<Growing>,
}

impl Builder {
    /// The slot of a path, the same one for the same path; `None` if there are too many.
    pub fn slot(&mut self, path: &[&str]) -> Option<u16> {
        let (last, parents) = path.split_last()?;
        let mut level = &mut self.roots;
        for part in parents {
            level = &mut child(level, part)?.inner;
        }
        let read = child(level, last)?;
        if read.slot.is_none() && self.slots < limits::SLOTS {
            read.slot = u16::try_from(self.slots).ok();
            self.slots += 1;
        }
        read.slot
    }

    /// The finished tree for the flag called `key`.
    pub fn finish(self, key: &str) -> Reads {
        Reads {
            roots: finish(self.roots),
            slots: self.slots,
            whole: self.whole.then(|| key.into()),
            clock: self.clock || self.whole,
        }
    }
}

fn child<'l>(level: &'l mut Vec<Growing>, name: &str) -> Option<&'l mut Growing> {
    let known = level.iter().position(|read| *read.name == *name);
    let index = known.unwrap_or(level.len());
    if known.is_none() {
        level.push(Growing {
            name: name.into(),
            slot: None,
            inner: Vec::new(),
        });
    }
    level.get_mut(index)
}

fn finish(level: Vec<Growing>) -> Box<[Read]> {
    let finished = level.into_iter().map(|read| Read {
        name: read.name,
        slot: read.slot,
        inner: finish(read.inner),
    });
    finished.collect()
}
