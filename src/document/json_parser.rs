//! Parses JSON into a syntax tree.

mod error_help;
pub mod position_tracker;
mod unpaired_surrogate;

use crate::coop;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::json_parser::error_help::explain_syntax_error;
use crate::document::json_parser::position_tracker::PositionTracker;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::document::syntax_tree::object_builder::InlineVec;
use crate::document::syntax_tree::object_builder::ObjectBuilder;
use crate::document::syntax_tree::object_builder::into_exact_vec;
use crate::json;
use crate::json::Reader;
use crate::limits;

/// Parses `text`; `None` after an error was reported. Unpaired surrogates are read as U+FFFD and reported.
pub fn parse(text: &str, report: &mut DiagnosticSink) -> Option<Node> {
    match parse_text(text, report) {
        Err(error) if error.kind == json::ErrorKind::UnpairedSurrogate => {
            let replaced = unpaired_surrogate::replace(text);
            let parsed = parse_text(&replaced.text, report);
            let node = node_or_report(&replaced.text, parsed, report)?;
            replaced.report(&node, report);
            Some(node)
        }
        parsed => node_or_report(text, parsed, report),
    }
}

fn parse_text(text: &str, report: &mut DiagnosticSink) -> Result<Node, json::Error> {
    let mut positions = PositionTracker::new(text);
    NodeParser::new_at(0, 0, &mut positions, report).parse_document()
}

/// The node, or `None` after the error was reported.
fn node_or_report(
    text: &str,
    parsed: Result<Node, json::Error>,
    report: &mut DiagnosticSink,
) -> Option<Node> {
    match parsed {
        Ok(node) => Some(node),
        Err(error) if error.kind.is_limit() => {
            let position = json::position_at(text, error.offset);
            report.error(Code::LimitExceeded, position, error.describe(text), "");
            None
        }
        Err(error) => {
            let position = json::position_at(text, error.offset);
            let (message, help) = explain_syntax_error(text, error);
            report.error(Code::Syntax, position, message, help);
            None
        }
    }
}

/// Parses values one at a time.
pub struct NodeParser<'p, 't, 'r> {
    /// The token reader.
    pub reader: Reader<'t>,
    positions: &'p mut PositionTracker<'t>,
    /// The number of values parsed.
    pub node_count: usize,
    report: &'r mut DiagnosticSink,
}

impl<'p, 't, 'r> NodeParser<'p, 't, 'r> {
    /// A parser at an offset inside `depth` objects and arrays. The tracker must be at or before the offset.
    pub fn new_at(
        at: usize,
        depth: usize,
        positions: &'p mut PositionTracker<'t>,
        report: &'r mut DiagnosticSink,
    ) -> NodeParser<'p, 't, 'r> {
        NodeParser {
            reader: Reader::new_at(positions.text(), at, depth),
            positions,
            node_count: 0,
            report,
        }
    }

    fn parse_document(&mut self) -> Result<Node, json::Error> {
        let node = self.parse_node()?;
        self.reader.expect_end()?;
        Ok(node)
    }

    fn parse_node(&mut self) -> Result<Node, json::Error> {
        let at = self.reader.next_offset();
        let position = self.positions.advance_to(at);
        self.node_count += 1;
        if self.node_count > limits::DOCUMENT_VALUES {
            return Err(json::Error {
                offset: at,
                kind: json::ErrorKind::TooManyValues,
            });
        }
        let kind = match self.reader.peek_kind()? {
            json::ValueKind::Null => self.reader.parse_null().map(|()| NodeKind::Null)?,
            json::ValueKind::Bool => NodeKind::Bool(self.reader.parse_bool()?),
            json::ValueKind::Number => NodeKind::Number(self.reader.parse_number()?),
            json::ValueKind::Text => NodeKind::Text(self.reader.parse_string()?.unescape().into()),
            json::ValueKind::List => self.parse_array()?,
            json::ValueKind::Map => self.parse_object()?,
        };
        Ok(Node { position, kind })
    }

    fn parse_array(&mut self) -> Result<NodeKind, json::Error> {
        let mut items = InlineVec::new();
        self.reader.begin_array()?;
        while self.reader.has_next_item(items.is_empty())? {
            items.push(self.parse_node()?);
        }
        Ok(NodeKind::List(into_exact_vec(items)))
    }

    fn parse_object(&mut self) -> Result<NodeKind, json::Error> {
        coop::tick();
        let mut members = ObjectBuilder::default();
        let mut first = true;
        self.reader.begin_object()?;
        while let Some(key) = self.reader.next_key(first)? {
            first = false;
            let member = self.parse_member(key)?;
            members.insert_or_warn(member, self.report);
        }
        Ok(members.finish())
    }

    /// The member of `key` with an empty object at `at` as its value.
    pub fn empty_object_member(&mut self, key: json::RawString<'t>, at: usize) -> Member {
        let position = self.positions.advance_to(key.offset);
        let value = Node {
            position: self.positions.advance_to(at),
            kind: NodeKind::Map(Vec::new()),
        };
        let key = key.unescape().into();
        Member {
            key,
            position,
            value,
        }
    }

    /// Parses the value after `key`.
    ///
    /// # Errors
    /// If the value is not JSON, or the document has too many values.
    pub fn parse_member(&mut self, key: json::RawString<'t>) -> Result<Member, json::Error> {
        let position = self.positions.advance_to(key.offset);
        let key = key.unescape().into();
        let value = self.parse_node()?;
        Ok(Member {
            key,
            position,
            value,
        })
    }
}
