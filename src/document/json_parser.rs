//! Reads a JSON flag document into nodes.

use crate::coop;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::syntax_tree::InlineVec;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::document::syntax_tree::ObjectBuilder;
use crate::document::syntax_tree::into_exact_vec;
use crate::json;
use crate::json::Reader;
use crate::limits;

/// The document in `text`, or `None` after the reason was reported.
pub fn parse(text: &str, report: &mut DiagnosticSink) -> Option<Node> {
    let mut places = PositionTracker::new(text);
    match NodeParser::new_at(0, 0, &mut places, report).parse_document() {
        Ok(node) => Some(node),
        Err(error) if error.kind == json::ErrorKind::TooDeep => {
            let place = json::position_at(text, error.offset);
            report.error(Code::LimitExceeded, place, error.describe(text), "");
            None
        }
        Err(error) => {
            let place = json::position_at(text, error.offset);
            report.error(
                Code::Syntax,
                place,
                error.describe(text),
                syntax_help(text, error),
            );
            None
        }
    }
}

fn syntax_help(text: &str, error: json::Error) -> &'static str {
    match text.as_bytes().get(error.offset) {
        Some(b'}' | b']')
            if matches!(
                error.kind,
                json::ErrorKind::Expected("a value" | "a string")
            ) =>
        {
            "JSON allows no comma before a closing bracket"
        }
        Some(b'#' | b'/') => "JSON has no comments; YAML has",
        Some(b'\'') => "JSON strings stand in double quotes",
        _ => "",
    }
}

/// Reads values one after the other.
pub struct NodeParser<'p, 't, 'r> {
    /// Where it is.
    pub reader: Reader<'t>,
    positions: &'p mut PositionTracker<'t>,
    /// How many values it has read.
    pub node_count: usize,
    report: &'r mut DiagnosticSink,
}

impl<'p, 't, 'r> NodeParser<'p, 't, 'r> {
    /// A parser at an offset that is not behind what was read before, inside `depth` objects and arrays.
    pub fn new_at(
        at: usize,
        depth: usize,
        places: &'p mut PositionTracker<'t>,
        report: &'r mut DiagnosticSink,
    ) -> NodeParser<'p, 't, 'r> {
        NodeParser {
            reader: Reader::new_at(places.text, at, depth),
            positions: places,
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
        let place = self.positions.advance_to(at);
        self.node_count += 1;
        if self.node_count > limits::DOCUMENT_VALUES {
            let fault = json::ErrorKind::TooDeep;
            return Err(json::Error {
                offset: at,
                kind: fault,
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
        Ok(Node {
            position: place,
            kind,
        })
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

    /// The member behind its key, as an empty object that begins at `at`.
    pub fn empty_object_member(&mut self, key: json::RawString<'t>, at: usize) -> Member {
        let place = self.positions.advance_to(key.offset);
        let value = Node {
            position: self.positions.advance_to(at),
            kind: NodeKind::Map(Vec::new()),
        };
        let key = key.unescape().into();
        Member {
            key,
            position: place,
            value,
        }
    }

    /// The member behind its key.
    ///
    /// # Errors
    /// If that is no JSON, or too much of it.
    pub fn parse_member(&mut self, key: json::RawString<'t>) -> Result<Member, json::Error> {
        let place = self.positions.advance_to(key.offset);
        let key = key.unescape().into();
        let value = self.parse_node()?;
        Ok(Member {
            key,
            position: place,
            value,
        })
    }
}

/// Whether a byte is the first of a character, not one of those that follow it.
fn starts_character(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}

/// How many bytes are `wanted`. The sum of 255 of them fits into a byte, so that many are looked at in one step.
fn count_bytes(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> u32 {
    let part = |part: &[u8]| part.iter().map(|b| u8::from(wanted(*b))).sum::<u8>();
    bytes.chunks(255).map(|bytes| u32::from(part(bytes))).sum()
}

/// The most bytes that are looked at in advance.
const LOOKAHEAD_BYTES: usize = 64 * 1024;

/// Turns rising byte offsets into lines and columns in one pass over the text.
#[derive(Debug)]
pub struct PositionTracker<'t> {
    text: &'t str,
    offset: usize,
    position: Position,
    /// Up to here each byte from `at` is a character on the same line.
    ascii_line_until: usize,
}

impl<'t> PositionTracker<'t> {
    /// The beginning of `text`.
    pub fn new(text: &'t str) -> PositionTracker<'t> {
        PositionTracker {
            text,
            offset: 0,
            position: Position::START,
            ascii_line_until: 0,
        }
    }

    /// The place of an offset that is not before the last one.
    #[inline]
    pub fn advance_to(&mut self, at: usize) -> Position {
        if at > self.ascii_line_until {
            self.rescan(at);
        } else {
            let columns = u32::try_from(at.saturating_sub(self.offset)).unwrap_or(u32::MAX);
            self.position.column = self.position.column.saturating_add(columns);
        }
        self.offset = self.offset.max(at);
        self.position
    }

    /// Passes over whatever there is, and looks how far the way is plain from there.
    fn rescan(&mut self, at: usize) {
        let passed = self.text.as_bytes().get(self.offset..at).unwrap_or(&[]);
        let line = match passed.iter().rposition(|b| *b == b'\n') {
            Some(last) => {
                let lines = count_bytes(passed, |b| b == b'\n');
                self.position.line = self.position.line.saturating_add(lines);
                self.position.column = 1;
                passed.get(last + 1..).unwrap_or(&[])
            }
            None => passed,
        };
        let columns = count_bytes(line, starts_character);
        self.position.column = self.position.column.saturating_add(columns);
        let ahead = self.text.as_bytes().get(at..).unwrap_or(&[]);
        self.ascii_line_until = at + ascii_line_len(ahead.get(..LOOKAHEAD_BYTES).unwrap_or(ahead));
    }
}

/// How many bytes there are before the first that ends a line or is not a character by itself.
fn ascii_line_len(bytes: &[u8]) -> usize {
    let special = |byte: &u8| *byte == b'\n' || !byte.is_ascii();
    // Without a way out in the middle, many are looked at in one step.
    let none = |piece: &&[u8]| !piece.iter().fold(false, |any, byte| any | special(byte));
    let pieces = bytes.chunks(64).take_while(none);
    let start = pieces.map(<[u8]>::len).sum();
    let rest = bytes.get(start..).unwrap_or(&[]);
    start + rest.iter().position(special).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Text with all that lines and columns depend on, and more of it than is looked at in advance.
    fn text() -> impl Strategy<Value = String> {
        let long = "x".repeat(LOOKAHEAD_BYTES + 70);
        let piece = prop_oneof![
            8 => prop::sample::select(vec!["a", "{\"b\": 1}", "é", "😀", "\n", "\r\n", "        "])
                .prop_map(str::to_owned),
            1 => Just(long),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn incremental_positions_equal_positions_counted_from_the_start(text in text(), at in prop::collection::vec(0..200_000_usize, 0..20)) {
            let boundary = |at: usize| (0..=at % (text.len() + 1)).rev().find(|at| text.is_char_boundary(*at));
            let mut offsets: Vec<_> = at.into_iter().filter_map(boundary).collect();
            offsets.sort_unstable();
            let mut places = PositionTracker::new(&text);
            for at in offsets {
                prop_assert_eq!(places.advance_to(at), json::position_at(&text, at), "{}", at);
            }
        }
    }
}
