//! The compiled flags of one document: what a source keeps of it.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use ecow::EcoString;

use crate::courtesy;
use crate::diag::Diagnostic;
use crate::document;
use crate::document::Faults;
use crate::document::Format;
use crate::document::Origin;
use crate::document::parts::Cost;
use crate::document::parts::Parts;
use crate::fingerprint;
use crate::json::Reader;
use crate::rule::unit::Version;
use crate::ruleset;
use crate::ruleset::Flag;
use crate::value::Literal;

/// How documents are read.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// What becomes of those with faulty flags.
    pub faults: Faults,
    /// How `fractional` hashes its units.
    pub fractional: Version,
}

/// The flags of one document, in its order. The document itself is let go: it is many times larger.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// The flags; within one flag set keys are distinct.
    pub flags: Vec<Arc<Flag>>,
    /// Where they stand, sorted by what tells them apart.
    order: Arc<[u32]>,
    /// How to know each flag again; empty if the document was read whole.
    marks: Vec<Mark>,
    /// The hash of everything in the text but the flags.
    surroundings: u64,
}

impl Layer {
    /// The flags, sorted by key and flag set.
    pub fn sorted(&self) -> impl Iterator<Item = &Arc<Flag>> {
        let flags = self.order.iter().filter_map(|at| usize::try_from(*at).ok());
        flags.filter_map(|at| self.flags.get(at))
    }
}

/// How to know a flag again.
#[derive(Debug, Clone, Copy)]
struct Mark {
    /// The hash of its text; 0 if it must be read anew, because there is something to complain about.
    hash: u64,
    cost: Cost,
}

/// The flags in a document, and all that is wrong with it. Flags that stand in it as they stood in the document `before`
/// are taken from there. What is wrong with the rules of each flag is told by the flag, unless it refuses the document.
pub fn read(
    format: Format,
    origin: &Origin,
    bytes: &[u8],
    manner: Manner,
    before: Option<&Layer>,
) -> (Option<Layer>, Vec<Diagnostic>) {
    let text = std::str::from_utf8(bytes).ok();
    let parts = match format {
        Format::Json => text.and_then(|text| Parts::open(text, origin)),
        Format::Yaml => None,
    };
    let read = parts.and_then(|parts| in_parts(parts, manner.fractional, before));
    let (layer, mut diagnostics) =
        read.unwrap_or_else(|| whole(format, origin, bytes, manner.fractional));
    let Some(layer) = layer else {
        return (None, diagnostics);
    };
    if manner.faults == Faults::Refuse {
        let found = layer.flags.iter().flat_map(|flag| &flag.found);
        diagnostics.extend(found.cloned());
        if document::has_errors(&diagnostics) {
            return (None, diagnostics);
        }
    }
    (Some(layer), diagnostics)
}

/// Reads a document as one.
fn whole(
    format: Format,
    origin: &Origin,
    bytes: &[u8],
    fractional: Version,
) -> (Option<Layer>, Vec<Diagnostic>) {
    let parsed = document::parse_bytes(bytes, format, origin);
    let mut pool = Pool::default();
    let layer = parsed.document.map(|document| {
        let flags = document.flags.into_iter().map(Arc::unwrap_or_clone);
        let flags = flags.map(|flag| ruleset::compile_flag(flag, fractional));
        let flags: Vec<_> = flags.map(|flag| Arc::new(pool.share(flag))).collect();
        Layer {
            order: order(&flags),
            flags,
            ..Layer::default()
        }
    });
    (layer, parsed.diagnostics)
}

/// Where flags stand, sorted by what tells them apart.
fn order(flags: &[Arc<Flag>]) -> Arc<[u32]> {
    let all = (0..).zip(flags).map(|(at, flag)| (flag.identity(), at));
    let mut all: Vec<(_, u32)> = all.collect();
    all.sort_unstable_by(courtesy::compare);
    all.into_iter().map(|(_, at)| at).collect()
}

/// Reads a document flag by flag. `None` if it must be read as one.
fn in_parts(
    mut parts: Parts<'_>,
    fractional: Version,
    before: Option<&Layer>,
) -> Option<(Option<Layer>, Vec<Diagnostic>)> {
    let surroundings = fingerprint::of(&parts.surroundings());
    let mut earlier = Earlier::new(before.filter(|layer| layer.surroundings == surroundings));
    let mut layer = Layer {
        flags: Vec::with_capacity(parts.count()),
        order: Arc::default(),
        marks: Vec::with_capacity(parts.count()),
        surroundings,
    };
    let mut pool = Pool::default();
    for at in 0..parts.count() {
        let text = parts.text(at);
        let hash = fingerprint::of(text);
        if let Some((flag, mark)) = earlier.find(text)
            && mark.hash == hash
            && hash != 0
            && parts.spend(mark.cost)
        {
            layer.flags.push(flag.clone());
            layer.marks.push(mark);
            continue;
        }
        let part = parts.read(at)?;
        let flag = pool.share(ruleset::compile_flag(part.flag, fractional));
        let clean = part.clean && flag.found.is_empty();
        layer.marks.push(Mark {
            hash: if clean { hash } else { 0 },
            cost: part.cost,
        });
        layer.flags.push(Arc::new(flag));
    }
    layer.order = earlier.order().unwrap_or_else(|| order(&layer.flags));
    Some((Some(layer), parts.finish()))
}

/// Variants that many flags have in common, such as `on` and `off`.
#[derive(Default)]
struct Pool {
    names: HashSet<Arc<[EcoString]>>,
    values: HashMap<u64, Arc<[Literal]>>,
}

impl Pool {
    /// The flag with its variants in memory that others share.
    fn share(&mut self, mut flag: Flag) -> Flag {
        if let Some(known) = self.names.get(&flag.names) {
            flag.names = known.clone();
        } else {
            self.names.insert(flag.names.clone());
        }
        let known = self.values.entry(fingerprint::of(&flag.values));
        let known = known.or_insert_with(|| flag.values.clone());
        if *known == flag.values {
            flag.values = known.clone();
        }
        flag
    }
}

/// The flags of the document before.
struct Earlier<'b> {
    layer: Option<&'b Layer>,
    /// Where the next flag probably is.
    next: usize,
    /// Whether all flags were there so far.
    same: bool,
    /// Where flags are whose neighbours changed.
    index: Option<HashMap<&'b str, usize>>,
}

impl<'b> Earlier<'b> {
    fn new(layer: Option<&'b Layer>) -> Earlier<'b> {
        Earlier {
            layer: layer.filter(|layer| layer.marks.len() == layer.flags.len()),
            next: 0,
            same: true,
            index: None,
        }
    }

    /// The flag that has the key of the one in `text`.
    fn find(&mut self, text: &str) -> Option<(&'b Arc<Flag>, Mark)> {
        let flags = &self.layer?.flags;
        let key = Reader::new(text).text().ok()?.unescape();
        let at = match flags.get(self.next) {
            Some(flag) if *flag.key == *key => self.next,
            _ => {
                self.same = false;
                let all = || flags.iter().enumerate();
                let index = self
                    .index
                    .get_or_insert_with(|| all().map(|(at, flag)| (&*flag.key, at)).collect());
                *index.get(&*key)?
            }
        };
        self.next = at + 1;
        Some((flags.get(at)?, *self.layer?.marks.get(at)?))
    }

    /// The order of the flags, if those asked for were the same ones.
    fn order(&self) -> Option<Arc<[u32]>> {
        let layer = self.layer?;
        let same = self.same && self.next == layer.flags.len();
        same.then(|| layer.order.clone())
    }
}
