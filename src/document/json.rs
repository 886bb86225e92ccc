//! Reads a JSON flag document into nodes.

use crate::diag::Code;
use crate::diag::Place;
use crate::diag::Report;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Members;
use crate::document::node::Node;
use crate::json;
use crate::json::Reader;
use crate::limits;

/// The document in `text`, or `None` after the reason was reported.
pub fn read(text: &str, report: &mut Report) -> Option<Node> {
    let mut parser = Parser {
        reader: Reader::new(text),
        places: Places::new(text),
        nodes: 0,
        report,
    };
    match parser.document() {
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

struct Parser<'t, 'r> {
    reader: Reader<'t>,
    places: Places<'t>,
    nodes: usize,
    report: &'r mut Report,
}

impl Parser<'_, '_> {
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
        let mut items = Vec::new();
        self.reader.open_list()?;
        while self.reader.item(items.is_empty())? {
            items.push(self.node()?);
        }
        Ok(Kind::List(items))
    }

    fn map(&mut self) -> Result<Kind, json::Error> {
        let mut members = Members::default();
        let mut first = true;
        self.reader.open_map()?;
        while let Some(key) = self.reader.key(first)? {
            first = false;
            let place = self.places.at(key.at);
            let key = key.unescape().into();
            let value = self.node()?;
            let member = Member { key, place, value };
            members.insert_once(member, self.report);
        }
        Ok(members.finish())
    }
}

/// Turns rising byte offsets into lines and columns in one pass over the text.
struct Places<'t> {
    text: &'t str,
    at: usize,
    place: Place,
}

impl<'t> Places<'t> {
    fn new(text: &'t str) -> Places<'t> {
        let place = Place::START;
        Places { text, at: 0, place }
    }

    fn at(&mut self, at: usize) -> Place {
        for c in self.text.get(self.at..at).unwrap_or("").chars() {
            if c == '\n' {
                self.place.line = self.place.line.saturating_add(1);
                self.place.column = 1;
            } else {
                self.place.column = self.place.column.saturating_add(1);
            }
        }
        self.at = self.at.max(at);
        self.place
    }
}
