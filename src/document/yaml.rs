//! Reads a YAML flag document into nodes. The only file that knows the YAML parser.
//!
//! Structure comes from `saphyr-parser`, event by event; what scalars mean is decided in `scalar`. Aliases are copied,
//! within a budget, so that a few lines cannot grow into gigabytes.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::Event;
use saphyr_parser::Marker;
use saphyr_parser::Parser;
use saphyr_parser::ScalarStyle;
use saphyr_parser::ScanError;
use saphyr_parser::Span;
use saphyr_parser::StrInput;
use saphyr_parser::Tag;

use crate::courtesy;
use crate::diag::Code;
use crate::diag::Place;
use crate::diag::Report;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Members;
use crate::document::node::Node;
use crate::document::scalar;
use crate::document::yaml_help;
use crate::limits;

/// The first document in `text`, or `None` after the reason was reported.
pub fn read(text: &str, report: &mut Report) -> Option<Node> {
    let mut composer = Composer {
        events: Parser::new_from_str(text),
        anchors: HashMap::new(),
        depth: 0,
        own: 0,
        copied: 0,
        report,
    };
    match composer.document() {
        Ok(node) => Some(node),
        Err(Refused::Reported) => None,
        Err(Refused::Syntax(error)) => {
            let place = place(*error.marker());
            let (message, help) = yaml_help::explain(text, place, error.info());
            report.error(Code::Syntax, place, message, help);
            None
        }
    }
}

enum Refused {
    Syntax(ScanError),
    Reported,
}

impl From<ScanError> for Refused {
    fn from(error: ScanError) -> Refused {
        Refused::Syntax(error)
    }
}

struct Composer<'t, 'r> {
    events: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    depth: usize,
    own: usize,
    copied: usize,
    report: &'r mut Report,
}

type Composed<T> = Result<T, Refused>;

impl<'t> Composer<'t, '_> {
    fn document(&mut self) -> Composed<Node> {
        let start = loop {
            match self.next()? {
                (Event::StreamEnd, span) => break (Event::StreamEnd, span),
                (Event::DocumentStart(_), _) => break self.next()?,
                _ => {}
            }
        };
        if matches!(start.0, Event::StreamEnd | Event::DocumentEnd) {
            return Ok(Node {
                place: Place::START,
                kind: Kind::Null,
            });
        }
        let node = self.node(start)?;
        self.rest()?;
        Ok(node)
    }

    /// What follows the first document is not read, but a slip in it should not pass in silence.
    fn rest(&mut self) -> Composed<()> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(_), span) => {
                    let message = "only the first document of a file is read";
                    let help = "put each document into its own file";
                    self.report
                        .warn(Code::Shape, place(span.start), message, help);
                    return Ok(());
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Composed<(Event<'t>, Span)> {
        courtesy::pause();
        match self.events.next_event() {
            Some(event) => Ok(event?),
            None => Ok((Event::StreamEnd, Span::empty(Marker::default()))),
        }
    }

    fn node(&mut self, (event, span): (Event<'t>, Span)) -> Composed<Node> {
        let place = place(span.start);
        self.own += 1;
        if self.own > limits::NODES {
            return self.refuse(place, "the document has too many values");
        }
        let (kind, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (self.scalar(place, &text, style, tag.as_deref()), anchor)
            }
            Event::SequenceStart(anchor, _) => (self.nested(place, Self::sequence)?, anchor),
            Event::MappingStart(anchor, _) => (self.nested(place, Self::mapping)?, anchor),
            Event::Alias(anchor) => (self.alias(place, anchor)?, 0),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => (Kind::Null, 0),
        };
        let node = Node { place, kind };
        if anchor > 0 {
            self.charge(&node)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// Counts a copy of `node` against what may be copied.
    fn charge(&mut self, node: &Node) -> Composed<()> {
        let allowed = limits::EXPANSION_FREE.max(self.own * limits::EXPANSION_FACTOR);
        self.copied += node.size();
        if self.copied > allowed {
            return self.refuse(node.place, "aliases make the document too large");
        }
        Ok(())
    }

    fn nested(&mut self, place: Place, read: fn(&mut Self) -> Composed<Kind>) -> Composed<Kind> {
        if self.depth >= limits::DEPTH {
            return self.refuse(
                place,
                &format!("nested deeper than {} levels", limits::DEPTH),
            );
        }
        self.depth += 1;
        let kind = read(self);
        self.depth -= 1;
        kind
    }

    fn sequence(&mut self) -> Composed<Kind> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Kind::List(items)),
                event => items.push(self.node(event)?),
            }
        }
    }

    fn mapping(&mut self) -> Composed<Kind> {
        let mut members = Members::default();
        let mut merged = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let place = place(span.start);
            let (text, plain) = match &event {
                Event::MappingEnd => break,
                Event::Scalar(text, style, ..) => (text.clone(), *style == ScalarStyle::Plain),
                _ => (self.alias_key(place, &event)?, false),
            };
            let value_event = self.next()?;
            let value = self.node(value_event)?;
            if plain && text == "<<" {
                merged.push(value);
                continue;
            }
            let key = if plain {
                scalar::key(&text)
            } else {
                text.into()
            };
            let member = Member { key, place, value };
            members.insert_once(member, self.report);
        }
        for source in merged {
            self.merge(source, &mut members)?;
        }
        Ok(members.finish())
    }

    /// `<<: *base` or `<<: [*a, *b]`: members that are not written out come from there, the first source first.
    fn merge(&mut self, source: Node, members: &mut Members) -> Composed<()> {
        match source.kind {
            Kind::Map(inherited) => {
                for member in inherited {
                    if !members.contains(&member.key) {
                        members.push(member);
                    }
                }
                Ok(())
            }
            Kind::List(sources) => sources
                .into_iter()
                .try_for_each(|source| self.merge(source, members)),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {
                self.refuse(source.place, "`<<` merges mappings; this is none")
            }
        }
    }

    /// A key that is an alias of a scalar. Other keys than scalars do not exist in JSON.
    fn alias_key(&mut self, place: Place, event: &Event<'t>) -> Composed<Cow<'t, str>> {
        let scalar = match event {
            Event::Alias(anchor) => self.anchors.get(anchor).map(|n| &n.kind),
            _ => None,
        };
        match scalar {
            Some(Kind::Text(text)) => Ok(Cow::Owned(text.to_string())),
            _ => self.refuse(
                place,
                "a key is a list or a mapping; only text can be a key",
            ),
        }
    }

    fn alias(&mut self, place: Place, anchor: usize) -> Composed<Kind> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            return self.refuse(place, "an alias refers to the value that it is part of");
        };
        if self.depth + node.depth() > limits::DEPTH {
            return self.refuse(place, "aliases nest the document too deeply");
        }
        self.charge(&node)?;
        Ok(node.kind)
    }

    fn scalar(&mut self, place: Place, text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Kind {
        let as_text = tag.is_some_and(|t| t.is_yaml_core_schema() && t.suffix == "str");
        if style != ScalarStyle::Plain || as_text {
            return Kind::Text(text.into());
        }
        match scalar::resolve(text) {
            Kind::Number(n) if !n.is_finite() => {
                let message = format!("`{text}` is no number that JSON can carry");
                self.report
                    .error(Code::Syntax, place, message, "quote it to make it a string");
                Kind::Text(text.into())
            }
            kind => kind,
        }
    }

    fn refuse<T>(&mut self, place: Place, message: &str) -> Composed<T> {
        self.report.error(Code::Limit, place, message, "");
        Err(Refused::Reported)
    }
}

fn place(marker: Marker) -> Place {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Place {
        line: count(marker.line().max(1)),
        column: count(marker.col() + 1),
    }
}
