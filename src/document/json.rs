//! Reads a JSON flag document into nodes.

use crate::courtesy;
use crate::diag::Code;
use crate::diag::Place;
use crate::diag::Report;
use crate::document::node::Few;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Members;
use crate::document::node::Node;
use crate::document::node::exact;
use crate::json;
use crate::json::Reader;
use crate::limits;

/// The document in `text`, or `None` after the reason was reported.
pub fn read(text: &str, report: &mut Report) -> Option<Node> {
    let mut places = Places::new(text);
    match Parser::within(0, 0, &mut places, report).document() {
        Ok(node) => Some(node),
        Err(error) if error.fault == json::Fault::Depth => {
            let place = json::place(text, error.at);
            report.error(Code::Limit, place, error.describe(text), "");
            None
        }
        Err(error) => {
            let place = json::place(text, error.at);
            report.error(Code::Syntax, place, error.describe(text), help(text, error));
            None
        }
    }
}

fn help(text: &str, error: json::Error) -> &'static str {
    match text.as_bytes().get(error.at) {
        Some(b'}' | b']')
            if matches!(error.fault, json::Fault::Expected("a value" | "a string")) =>
        {
            "JSON allows no comma before a closing bracket"
        }
        Some(b'#' | b'/') => "JSON has no comments; YAML has",
        Some(b'\'') => "JSON strings stand in double quotes",
        _ => "",
    }
}

/// Reads values one after the other.
pub struct Parser<'p, 't, 'r> {
    /// Where it is.
    pub reader: Reader<'t>,
    places: &'p mut Places<'t>,
    /// How many values it has read.
    pub nodes: usize,
    report: &'r mut Report,
}

impl<'p, 't, 'r> Parser<'p, 't, 'r> {
    /// A parser at an offset that is not behind what was read before, inside `depth` objects and arrays.
    pub fn within(
        at: usize,
        depth: usize,
        places: &'p mut Places<'t>,
        report: &'r mut Report,
    ) -> Parser<'p, 't, 'r> {
        Parser {
            reader: Reader::within(places.text, at, depth),
            places,
            nodes: 0,
            report,
        }
    }

    fn document(&mut self) -> Result<Node, json::Error> {
        let node = self.node()?;
        self.reader.end()?;
        Ok(node)
    }

    fn node(&mut self) -> Result<Node, json::Error> {
        let at = self.reader.offset();
        let place = self.places.at(at);
        self.nodes += 1;
        if self.nodes > limits::NODES {
            let fault = json::Fault::Depth;
            return Err(json::Error { at, fault });
        }
        let kind = match self.reader.peek()? {
            json::Kind::Null => self.reader.null().map(|()| Kind::Null)?,
            json::Kind::Bool => Kind::Bool(self.reader.bool()?),
            json::Kind::Number => Kind::Number(self.reader.number()?),
            json::Kind::Text => Kind::Text(self.reader.text()?.unescape().into()),
            json::Kind::List => self.list()?,
            json::Kind::Map => self.map()?,
        };
        Ok(Node { place, kind })
    }

    fn list(&mut self) -> Result<Kind, json::Error> {
        let mut items = Few::new();
        self.reader.open_list()?;
        while self.reader.item(items.is_empty())? {
            items.push(self.node()?);
        }
        Ok(Kind::List(exact(items)))
    }

    fn map(&mut self) -> Result<Kind, json::Error> {
        courtesy::step();
        let mut members = Members::default();
        let mut first = true;
        self.reader.open_map()?;
        while let Some(key) = self.reader.key(first)? {
            first = false;
            let member = self.member(key)?;
            members.insert_once(member, self.report);
        }
        Ok(members.finish())
    }

    /// The member behind its key, as an empty object that begins at `at`.
    pub fn empty(&mut self, key: json::Text<'t>, at: usize) -> Member {
        let place = self.places.at(key.at);
        let value = Node {
            place: self.places.at(at),
            kind: Kind::Map(Vec::new()),
        };
        let key = key.unescape().into();
        Member { key, place, value }
    }

    /// The member behind its key.
    ///
    /// # Errors
    /// If that is no JSON, or too much of it.
    pub fn member(&mut self, key: json::Text<'t>) -> Result<Member, json::Error> {
        let place = self.places.at(key.at);
        let key = key.unescape().into();
        let value = self.node()?;
        Ok(Member { key, place, value })
    }
}

/// Whether a byte is the first of a character, not one of those that follow it.
fn starts_character(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}

/// How many bytes are `wanted`. The sum of 255 of them fits into a byte, so that many are looked at in one step.
fn count(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> u32 {
    let part = |part: &[u8]| part.iter().map(|b| u8::from(wanted(*b))).sum::<u8>();
    bytes.chunks(255).map(|bytes| u32::from(part(bytes))).sum()
}

/// The most bytes that are looked at in advance.
const STRETCH: usize = 64 * 1024;

/// Turns rising byte offsets into lines and columns in one pass over the text.
#[derive(Debug)]
pub struct Places<'t> {
    text: &'t str,
    at: usize,
    place: Place,
    /// Up to here each byte from `at` is a character on the same line.
    plain: usize,
}

impl<'t> Places<'t> {
    /// The beginning of `text`.
    pub fn new(text: &'t str) -> Places<'t> {
        Places {
            text,
            at: 0,
            place: Place::START,
            plain: 0,
        }
    }

    /// The place of an offset that is not before the last one.
    #[inline]
    pub fn at(&mut self, at: usize) -> Place {
        if at > self.plain {
            self.pass(at);
        } else {
            let columns = u32::try_from(at.saturating_sub(self.at)).unwrap_or(u32::MAX);
            self.place.column = self.place.column.saturating_add(columns);
        }
        self.at = self.at.max(at);
        self.place
    }

    /// Passes over whatever there is, and looks how far the way is plain from there.
    fn pass(&mut self, at: usize) {
        let passed = self.text.as_bytes().get(self.at..at).unwrap_or(&[]);
        let line = match passed.iter().rposition(|b| *b == b'\n') {
            Some(last) => {
                let lines = count(passed, |b| b == b'\n');
                self.place.line = self.place.line.saturating_add(lines);
                self.place.column = 1;
                passed.get(last + 1..).unwrap_or(&[])
            }
            None => passed,
        };
        let columns = count(line, starts_character);
        self.place.column = self.place.column.saturating_add(columns);
        let ahead = self.text.as_bytes().get(at..).unwrap_or(&[]);
        self.plain = at + plain(ahead.get(..STRETCH).unwrap_or(ahead));
    }
}

/// How many bytes there are before the first that ends a line or is not a character by itself.
fn plain(bytes: &[u8]) -> usize {
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
        let long = "x".repeat(STRETCH + 70);
        let piece = prop_oneof![
            8 => prop::sample::select(vec!["a", "{\"b\": 1}", "é", "😀", "\n", "\r\n", "        "])
                .prop_map(str::to_owned),
            1 => Just(long),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn places_are_those_of_counting_from_the_start(text in text(), at in prop::collection::vec(0..200_000_usize, 0..20)) {
            let boundary = |at: usize| (0..=at % (text.len() + 1)).rev().find(|at| text.is_char_boundary(*at));
            let mut offsets: Vec<_> = at.into_iter().filter_map(boundary).collect();
            offsets.sort_unstable();
            let mut places = Places::new(&text);
            for at in offsets {
                prop_assert_eq!(places.at(at), json::place(&text, at), "{}", at);
            }
        }
    }
}
