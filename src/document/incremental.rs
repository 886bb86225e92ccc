//! A JSON document flag by flag: each is read by itself, or not at all if it is known from before.
//!
//! Reading a document whole makes nodes for all of it at once, many times the size of its text. Here one flag's nodes are
//! gone before the next flag's are made. What comes out is the same, to the last diagnostic; where that would take more
//! than looking at one flag, [`IncrementalParser::try_new`] declines.

use std::collections::HashSet;
use std::ops::Range;

use foldhash::fast::RandomState;

use crate::coop;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::document;
use crate::document::DocumentOrigin;
use crate::document::Preamble;
use crate::document::evaluator_ref::REF;
use crate::document::flag::FlagDefinition;
use crate::document::json_parser::NodeParser;
use crate::document::json_parser::PositionTracker;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::ObjectBuilder;
use crate::json::Reader;
use crate::limits;

/// Bytes that a short flag takes. For so many there is room at once: what grows is copied again and again.
const TYPICAL_FLAG_BYTES: usize = 128;

/// How deep flags stand: in the object of flags, in the document.
const FLAG_DEPTH: usize = 2;

/// A document that is read in parts.
#[derive(Debug)]
pub struct IncrementalParser<'t> {
    text: &'t str,
    /// Where the flags stand, key and value.
    flag_spans: Vec<Range<usize>>,
    origin: &'t DocumentOrigin,
    preamble: Preamble,
    positions: PositionTracker<'t>,
    /// How many values may still come.
    value_budget: usize,
    report: DiagnosticSink,
}

/// What was spent on reading a flag. The same must be spent when it is known from before: limits are of the whole
/// document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ParseCost {
    /// The values in its text.
    pub values: u32,
    /// The values copied by references.
    pub copied: u32,
}

/// A flag that was read.
#[derive(Debug)]
pub struct ParsedFlag {
    /// The flag.
    pub flag: FlagDefinition,
    /// What it took.
    pub cost: ParseCost,
    /// Whether there is nothing to complain about.
    pub without_diagnostics: bool,
}

impl<'t> IncrementalParser<'t> {
    /// The parts of `text`, if it has one object of flags with distinct keys, and all but the flags is sound and within
    /// bounds.
    pub fn try_new(text: &'t str, origin: &'t DocumentOrigin) -> Option<IncrementalParser<'t>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut report = DiagnosticSink::new(origin.file.clone());
        let (node, values, spans) = parse_all_but_flags(text, &mut report)?;
        let (frame, _) = document::parse_preamble(node, text.len(), &mut report)?;
        Some(IncrementalParser {
            text,
            flag_spans: spans,
            origin,
            preamble: frame,
            positions: PositionTracker::new(text),
            value_budget: limits::DOCUMENT_VALUES.checked_sub(values)?,
            report,
        })
    }

    /// The text before the first flag and behind the last one.
    pub fn text_around_flags(&self) -> [&'t str; 2] {
        let from = self
            .flag_spans
            .first()
            .map_or(self.text.len(), |span| span.start);
        let to = self
            .flag_spans
            .last()
            .map_or(self.text.len(), |span| span.end);
        let text = |range: Range<usize>| self.text.get(range).unwrap_or("");
        [text(0..from), text(to..self.text.len())]
    }

    /// How many flags there are.
    pub fn flag_count(&self) -> usize {
        self.flag_spans.len()
    }

    /// The flag at this position as it stands in the text: its key in quotes, a colon, and its value.
    pub fn flag_text(&self, at: usize) -> &'t str {
        let span = self.flag_spans.get(at).cloned().unwrap_or_default();
        self.text.get(span).unwrap_or("")
    }

    /// Spends what a flag that is known from before took. Whether that is there to be spent.
    pub fn charge_reused(&mut self, cost: ParseCost) -> bool {
        let values = self.value_budget.checked_sub(cost.values as usize);
        let copies = self.preamble.evaluators.copy_budget;
        let copies = copies.checked_sub(cost.copied as usize);
        let (Some(values), Some(copies)) = (values, copies) else {
            return false;
        };
        self.value_budget = values;
        self.preamble.evaluators.copy_budget = copies;
        true
    }

    /// Reads the flag at this position, which is behind all that were read before. `None` if it is unsound, or the whole has too
    /// many values.
    pub fn parse_flag(&mut self, at: usize) -> Option<ParsedFlag> {
        let found = self.report.count();
        let copies = self.preamble.evaluators.copy_budget;
        let span = self.flag_spans.get(at)?.clone();
        let mut parser = NodeParser::new_at(
            span.start,
            FLAG_DEPTH,
            &mut self.positions,
            &mut self.report,
        );
        let key = parser.reader.next_key(true).ok()??;
        let mut member = parser.parse_member(key).ok()?;
        let values = parser.node_count;
        let text = parser.reader.text_since(span.start);
        if text.len() != span.len() {
            return None;
        }
        self.value_budget = self.value_budget.checked_sub(values)?;
        let evaluators = &mut self.preamble.evaluators;
        // Most flags refer to nothing, and their text shows it.
        if text.contains(REF) || text.contains('\\') {
            evaluators.substitute_refs(&mut member.value, &mut self.report);
        }
        let flag = self
            .preamble
            .parse_flag(member, self.origin, &mut self.report);
        let copied = copies - self.preamble.evaluators.copy_budget;
        Some(ParsedFlag {
            without_diagnostics: flag.error_code.is_none() && self.report.count() == found,
            flag,
            cost: ParseCost {
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
fn parse_all_but_flags(
    text: &str,
    report: &mut DiagnosticSink,
) -> Option<(Node, usize, Vec<Range<usize>>)> {
    let mut places = PositionTracker::new(text);
    let place = places.advance_to(Reader::new(text).next_offset());
    let mut parser = NodeParser::new_at(0, 0, &mut places, report);
    parser.reader.begin_object().ok()?;
    let mut members = Vec::new();
    let mut spans = None;
    while let Some(key) = parser.reader.next_key(members.is_empty()).ok()? {
        let member = if key.unescape().eq_ignore_ascii_case("flags") {
            if spans.is_some() {
                return None;
            }
            let at = parser.reader.next_offset();
            spans = Some(scan_flag_spans(&mut parser.reader)?);
            parser.empty_object_member(key, at)
        } else {
            parser.parse_member(key).ok()?
        };
        members.push(member);
    }
    parser.reader.expect_end().ok()?;
    let values = parser.node_count + 2;
    let mut once = ObjectBuilder::default();
    for member in members {
        once.insert_or_warn(member, report);
    }
    let kind = once.finish();
    Some((
        Node {
            position: place,
            kind,
        },
        values,
        spans?,
    ))
}

/// Where the flags stand, if they are an object with distinct keys.
fn scan_flag_spans(reader: &mut Reader<'_>) -> Option<Vec<Range<usize>>> {
    let count = reader.remaining() / TYPICAL_FLAG_BYTES;
    let mut spans = Vec::with_capacity(count);
    let mut keys = HashSet::with_capacity_and_hasher(count, RandomState::default());
    reader.begin_object().ok()?;
    while let Some(key) = reader.next_key(spans.is_empty()).ok()? {
        coop::tick();
        reader.skip_unchecked().ok()?;
        spans.push(key.offset..key.offset + reader.text_since(key.offset).len());
        if !keys.insert(key.unescape()) {
            return None;
        }
    }
    // An object of this one member is a reference, not a flag.
    (!keys.contains(REF)).then_some(spans)
}
