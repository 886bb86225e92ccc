//! Incremental parser of JSON documents: parses flag by flag, so that flags whose text is unchanged can be reused.
//!
//! A document parsed as a whole has nodes for all flags at once, many times the size of its text. The incremental
//! parser drops the nodes of one flag before it parses the next. Flags and diagnostics are the same; if they cannot be
//! computed flag by flag, [`IncrementalParser::try_new`] returns `None`.

use std::collections::HashSet;
use std::ops::Range;

use foldhash::fast::RandomState;

use crate::coop;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::document::flag::FlagDefinition;
use crate::document::json_parser::NodeParser;
use crate::document::json_parser::position_tracker::PositionTracker;
use crate::document::origin::DocumentOrigin;
use crate::document::preamble::Preamble;
use crate::document::preamble::evaluator_ref::REF;
use crate::document::preamble::parse_preamble;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::object_builder::ObjectBuilder;
use crate::json::Reader;
use crate::limits;

/// The size of a short flag in bytes: the capacity for spans is computed from it, so that they are seldom reallocated.
const TYPICAL_FLAG_BYTES: usize = 128;

/// The nesting depth of a flag: inside the document and the object of flags.
const FLAG_DEPTH: usize = 2;

/// The flags of a JSON document, parsed one at a time.
#[derive(Debug)]
pub struct IncrementalParser<'t> {
    text: &'t str,
    /// The byte ranges of the flags, key and value.
    flag_spans: Vec<Range<usize>>,
    origin: &'t DocumentOrigin,
    preamble: Preamble,
    positions: PositionTracker<'t>,
    /// The number of values that the rest of the document may have.
    value_budget: usize,
    report: DiagnosticSink,
}

/// The part of the document's limits that a flag uses, whether it is parsed or reused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ParseCost {
    /// The values in its text.
    pub values: u32,
    /// The values copied for references.
    pub copied: u32,
}

/// A parsed flag.
#[derive(Debug)]
pub struct ParsedFlag {
    /// The flag.
    pub flag: FlagDefinition,
    /// The part of the limits that the flag uses.
    pub cost: ParseCost,
    /// True if the flag has no diagnostics.
    pub without_diagnostics: bool,
}

impl<'t> IncrementalParser<'t> {
    /// Splits `text` into flags. Returns `None` unless the text has one object of flags with distinct keys, and the
    /// other members are valid and within limits.
    pub fn try_new(text: &'t str, origin: &'t DocumentOrigin) -> Option<IncrementalParser<'t>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut report = DiagnosticSink::new(origin.file.clone());
        let (node, values, spans) = parse_all_but_flags(text, &mut report)?;
        let (preamble, _) = parse_preamble(node, text.len(), &mut report)?;
        Some(IncrementalParser {
            text,
            flag_spans: spans,
            origin,
            preamble,
            positions: PositionTracker::new(text),
            value_budget: limits::DOCUMENT_VALUES.checked_sub(values)?,
            report,
        })
    }

    /// The text before the first flag and after the last one.
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

    /// The number of flags.
    pub fn flag_count(&self) -> usize {
        self.flag_spans.len()
    }

    /// The text of the flag at this index: its key in quotes, a colon, and its value.
    pub fn flag_text(&self, at: usize) -> &'t str {
        let span = self.flag_spans.get(at).cloned().unwrap_or_default();
        self.text.get(span).unwrap_or("")
    }

    /// Charges the cost of a reused flag. Returns false if a limit is exceeded.
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

    /// Parses the flag at this index; indices must increase. `None` if the flag is invalid or the document has too many
    /// values.
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
        // Most flags have no reference: a search of the text is cheaper than a walk over the nodes.
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

    /// The diagnostics of the parsed flags, in the order of the text.
    pub fn finish(self) -> Vec<Diagnostic> {
        self.report.finish()
    }
}

/// The document without its flags, the number of its values, and the spans of the flags.
fn parse_all_but_flags(
    text: &str,
    report: &mut DiagnosticSink,
) -> Option<(Node, usize, Vec<Range<usize>>)> {
    let mut positions = PositionTracker::new(text);
    let position = positions.advance_to(Reader::new(text).next_offset());
    let mut parser = NodeParser::new_at(0, 0, &mut positions, report);
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
    Some((Node { position, kind }, values, spans?))
}

/// The spans of the flags, if they are an object with distinct keys.
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
    // An object whose only member is `$ref` is a reference, not an object of flags.
    (!keys.contains(REF)).then_some(spans)
}
