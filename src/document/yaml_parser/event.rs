//! `EventReader`: the events of `libyaml-safer`. The only file that uses that crate.
//!
//! It is a port of libyaml, as is the reader of flagd, gopkg.in/yaml.v3: both accept the same documents.

use libyaml_safer::Encoding;
use libyaml_safer::Error;
use libyaml_safer::EventData;
use libyaml_safer::Mark;
use libyaml_safer::Parser;
use libyaml_safer::ScalarStyle;

use crate::diag::Position;
use crate::document::yaml_parser::error_help::cause::SyntaxFailure;

/// A part of a YAML stream.
#[derive(Debug)]
pub struct Event {
    /// The position of its first character.
    pub position: Position,
    /// The anchor of a node.
    pub anchor: Option<String>,
    /// The tag of a node.
    pub tag: Option<String>,
    /// The kind of part.
    pub kind: EventKind,
}

/// The kind of a part of a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The start of the stream.
    StreamStart,
    /// The end of the stream.
    StreamEnd,
    /// The start of a document.
    DocumentStart,
    /// The end of a document.
    DocumentEnd,
    /// A scalar.
    Scalar {
        /// The characters.
        text: String,
        /// True if it has no quotes and is no block.
        plain: bool,
    },
    /// A reference to the anchor of this name.
    Alias(String),
    /// The start of a sequence.
    SequenceStart,
    /// The end of a sequence.
    SequenceEnd,
    /// The start of a mapping.
    MappingStart,
    /// The end of a mapping.
    MappingEnd,
}

/// Reads the events of a text.
pub struct EventReader<'t> {
    parser: Parser<&'t [u8]>,
}

impl<'t> EventReader<'t> {
    /// A reader at the start of `text`.
    pub fn new(text: &'t str) -> EventReader<'t> {
        let mut parser = Parser::new();
        parser.set_encoding(Encoding::Utf8);
        parser.set_input(text.as_bytes());
        EventReader { parser }
    }

    /// The next event.
    ///
    /// # Errors
    /// If the text is not YAML.
    pub fn next_event(&mut self) -> Result<Event, SyntaxFailure<'static>> {
        let event = self.parser.parse();
        let event = event.map_err(|error| syntax_failure(&error))?;
        let (kind, anchor, tag) = match event.data {
            EventData::StreamStart { .. } => (EventKind::StreamStart, None, None),
            EventData::StreamEnd => (EventKind::StreamEnd, None, None),
            EventData::DocumentStart { .. } => (EventKind::DocumentStart, None, None),
            EventData::DocumentEnd { .. } => (EventKind::DocumentEnd, None, None),
            EventData::Scalar {
                value: text,
                style,
                anchor,
                tag,
                ..
            } => {
                let plain = style == ScalarStyle::Plain;
                (EventKind::Scalar { text, plain }, anchor, tag)
            }
            EventData::Alias { anchor } => (EventKind::Alias(anchor), None, None),
            EventData::SequenceStart { anchor, tag, .. } => (EventKind::SequenceStart, anchor, tag),
            EventData::SequenceEnd => (EventKind::SequenceEnd, None, None),
            EventData::MappingStart { anchor, tag, .. } => (EventKind::MappingStart, anchor, tag),
            EventData::MappingEnd => (EventKind::MappingEnd, None, None),
        };
        let position = mark_position(event.start_mark);
        Ok(Event {
            position,
            anchor,
            tag,
            kind,
        })
    }
}

fn syntax_failure(error: &Error) -> SyntaxFailure<'static> {
    SyntaxFailure {
        position: error.problem_mark().map(mark_position),
        problem: error.problem(),
        context: error.context().unwrap_or(""),
        start: error.context_mark().map(mark_position),
    }
}

fn mark_position(mark: Mark) -> Position {
    let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    Position {
        line: count(mark.line + 1),
        column: count(mark.column + 1),
    }
}
