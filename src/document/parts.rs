//! A JSON document flag by flag: each is read by itself, or not at all if it is known from before.
//!
//! Reading a document whole makes nodes for all of it at once, many times the size of its text. Here one flag's nodes are
//! gone before the next flag's are made. What comes out is the same, to the last diagnostic; where that would take more
//! than looking at one flag, [`Parts::open`] declines.

use std::collections::HashSet;
use std::ops::Range;

use foldhash::fast::RandomState;

use crate::courtesy;
use crate::diag::Diagnostic;
use crate::diag::Report;
use crate::document;
use crate::document::Frame;
use crate::document::Origin;
use crate::document::flag::Flag;
use crate::document::json::Parser;
use crate::document::json::Places;
use crate::document::node::Members;
use crate::document::node::Node;
use crate::document::reference::REF;
use crate::json::Reader;
use crate::limits;

/// Bytes that a short flag takes. For so many there is room at once: what grows is copied again and again.
const FLAG: usize = 128;

/// How deep flags stand: in the object of flags, in the document.
const DEPTH: usize = 2;

/// A document that is read in parts.
#[derive(Debug)]
pub struct Parts<'t> {
    text: &'t str,
    /// Where the flags stand, key and value.
    spans: Vec<Range<usize>>,
    origin: &'t Origin,
    frame: Frame,
    places: Places<'t>,
    /// How many values may still come.
    values: usize,
    report: Report,
}

/// What was spent on reading a flag. The same must be spent when it is known from before: limits are of the whole
/// document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// The values in its text.
    pub values: u32,
    /// The values copied by references.
    pub copied: u32,
}

/// A flag that was read.
#[derive(Debug)]
pub struct Part {
    /// The flag.
    pub flag: Flag,
    /// What it took.
    pub cost: Cost,
    /// Whether there is nothing to complain about.
    pub clean: bool,
}

impl<'t> Parts<'t> {
    /// The parts of `text`, if it has one object of flags with distinct keys, and all but the flags is sound and within
    /// bounds.
    pub fn open(text: &'t str, origin: &'t Origin) -> Option<Parts<'t>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut report = Report::new(origin.file.clone());
        let (node, values, spans) = outline(text, &mut report)?;
        let (frame, _) = document::frame(node, text.len(), &mut report)?;
        Some(Parts {
            text,
            spans,
            origin,
            frame,
            places: Places::new(text),
            values: limits::NODES.checked_sub(values)?,
            report,
        })
    }

    /// The text before the first flag and behind the last one.
    pub fn surroundings(&self) -> [&'t str; 2] {
        let from = self
            .spans
            .first()
            .map_or(self.text.len(), |span| span.start);
        let to = self.spans.last().map_or(self.text.len(), |span| span.end);
        let text = |range: Range<usize>| self.text.get(range).unwrap_or("");
        [text(0..from), text(to..self.text.len())]
    }

    /// How many flags there are.
    pub fn count(&self) -> usize {
        self.spans.len()
    }

    /// The flag at this position as it stands in the text: its key in quotes, a colon, and its value.
    pub fn text(&self, at: usize) -> &'t str {
        let span = self.spans.get(at).cloned().unwrap_or_default();
        self.text.get(span).unwrap_or("")
    }

    /// Spends what a flag that is known from before took. Whether that is there to be spent.
    pub fn spend(&mut self, cost: Cost) -> bool {
        let values = self.values.checked_sub(cost.values as usize);
        let copies = self.frame.evaluators.budget;
        let copies = copies.checked_sub(cost.copied as usize);
        let (Some(values), Some(copies)) = (values, copies) else {
            return false;
        };
        self.values = values;
        self.frame.evaluators.budget = copies;
        true
    }

    /// Reads the flag at this position, which is behind all that were read before. `None` if it is unsound, or the whole has too
    /// many values.
    pub fn read(&mut self, at: usize) -> Option<Part> {
        let found = self.report.count();
        let copies = self.frame.evaluators.budget;
        let span = self.spans.get(at)?.clone();
        let mut parser = Parser::within(span.start, DEPTH, &mut self.places, &mut self.report);
        let key = parser.reader.key(true).ok()??;
        let mut member = parser.member(key).ok()?;
        let values = parser.nodes;
        let text = parser.reader.since(span.start);
        if text.len() != span.len() {
            return None;
        }
        self.values = self.values.checked_sub(values)?;
        let evaluators = &mut self.frame.evaluators;
        // Most flags refer to nothing, and their text shows it.
        if text.contains(REF) || text.contains('\\') {
            evaluators.substitute(&mut member.value, &mut self.report);
        }
        let flag = self.frame.flag(member, self.origin, &mut self.report);
        let copied = copies - self.frame.evaluators.budget;
        Some(Part {
            clean: flag.fault.is_none() && self.report.count() == found,
            flag,
            cost: Cost {
                values: u32::try_from(values).ok()?,
                copied: u32::try_from(copied).ok()?,
            },
        })
    }

    /// Everything that is wrong with what was read, in the order of the text.
    pub fn finish(self) -> Vec<Diagnostic> {
        self.report.finish()
    }
}

/// The document without its flags, how many values are in it, and where the flags stand.
fn outline(text: &str, report: &mut Report) -> Option<(Node, usize, Vec<Range<usize>>)> {
    let mut places = Places::new(text);
    let place = places.at(Reader::new(text).offset());
    let mut parser = Parser::within(0, 0, &mut places, report);
    parser.reader.open_map().ok()?;
    let mut members = Vec::new();
    let mut spans = None;
    while let Some(key) = parser.reader.key(members.is_empty()).ok()? {
        let member = if key.unescape().eq_ignore_ascii_case("flags") {
            if spans.is_some() {
                return None;
            }
            let at = parser.reader.offset();
            spans = Some(flags(&mut parser.reader)?);
            parser.empty(key, at)
        } else {
            parser.member(key).ok()?
        };
        members.push(member);
    }
    parser.reader.end().ok()?;
    let values = parser.nodes + 2;
    let mut once = Members::default();
    for member in members {
        once.insert_once(member, report);
    }
    let kind = once.finish();
    Some((Node { place, kind }, values, spans?))
}

/// Where the flags stand, if they are an object with distinct keys.
fn flags(reader: &mut Reader<'_>) -> Option<Vec<Range<usize>>> {
    let count = reader.left() / FLAG;
    let mut spans = Vec::with_capacity(count);
    let mut keys = HashSet::with_capacity_and_hasher(count, RandomState::default());
    reader.open_map().ok()?;
    while let Some(key) = reader.key(spans.is_empty()).ok()? {
        courtesy::step();
        reader.leap().ok()?;
        spans.push(key.at..key.at + reader.since(key.at).len());
        if !keys.insert(key.unescape()) {
            return None;
        }
    }
    // An object of this one member is a reference, not a flag.
    (!keys.contains(REF)).then_some(spans)
}
