//! Composes the events of `saphyr-parser` into a syntax tree. The only file that uses that crate.
//!
//! `scalar` resolves plain scalars. Aliases are copied within a budget, so that a few lines cannot grow into gigabytes.

mod anchors;
mod error_help;
mod merge_key;
pub(super) mod scalar;
mod timestamp;

use std::borrow::Cow;

use saphyr_parser::Event;
use saphyr_parser::Marker;
use saphyr_parser::Parser;
use saphyr_parser::ScalarStyle;
use saphyr_parser::ScanError;
use saphyr_parser::Span;
use saphyr_parser::StrInput;
use saphyr_parser::Tag;

use crate::coop;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::document::syntax_tree::object_builder::ObjectBuilder;
use crate::document::yaml_parser::anchors::Anchors;
use crate::document::yaml_parser::anchors::CopyError;
use crate::document::yaml_parser::error_help::explain_syntax_error;
use crate::document::yaml_parser::scalar::key_text;
use crate::document::yaml_parser::scalar::resolve_plain_scalar;
use crate::limits;

/// Parses the first document in `text`; `None` after an error was reported.
pub fn parse(text: &str, report: &mut DiagnosticSink) -> Option<Node> {
    let mut composer = Composer {
        events: Parser::new_from_str(text),
        anchors: Anchors::default(),
        depth: 0,
        node_count: 0,
        report,
    };
    match composer.compose_document() {
        Ok(node) => Some(node),
        Err(ComposeError::Reported) => None,
        Err(ComposeError::Syntax(error)) => {
            let position = marker_position(*error.marker());
            let (message, help) = explain_syntax_error(text, position, error.info());
            report.error(Code::Syntax, position, message, help);
            None
        }
    }
}

enum ComposeError {
    Syntax(ScanError),
    Reported,
}

impl From<ScanError> for ComposeError {
    fn from(error: ScanError) -> ComposeError {
        ComposeError::Syntax(error)
    }
}

struct Composer<'t, 'r> {
    events: Parser<'t, StrInput<'t>>,
    anchors: Anchors,
    depth: usize,
    node_count: usize,
    report: &'r mut DiagnosticSink,
}

type ComposeResult<T> = Result<T, ComposeError>;

impl<'t> Composer<'t, '_> {
    fn compose_document(&mut self) -> ComposeResult<Node> {
        let start = loop {
            match self.next_event()? {
                (Event::StreamEnd, span) => break (Event::StreamEnd, span),
                (Event::DocumentStart(_), _) => break self.next_event()?,
                _ => {}
            }
        };
        if matches!(start.0, Event::StreamEnd | Event::DocumentEnd) {
            return Ok(Node {
                position: Position::START,
                kind: NodeKind::Null,
            });
        }
        let node = self.compose_node(start)?;
        self.warn_about_further_documents()?;
        Ok(node)
    }

    /// Warns about further documents, which are not used, and reports syntax errors before them.
    fn warn_about_further_documents(&mut self) -> ComposeResult<()> {
        loop {
            match self.next_event()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(_), span) => {
                    let message = "only the first document of a file is read";
                    let help = "put each document into its own file";
                    self.report.warn(
                        Code::DocumentShape,
                        marker_position(span.start),
                        message,
                        help,
                    );
                    return Ok(());
                }
                _ => {}
            }
        }
    }

    fn next_event(&mut self) -> ComposeResult<(Event<'t>, Span)> {
        coop::yield_if_due();
        match self.events.next_event() {
            Some(event) => Ok(event?),
            None => Ok((Event::StreamEnd, Span::empty(Marker::default()))),
        }
    }

    fn compose_node(&mut self, (event, span): (Event<'t>, Span)) -> ComposeResult<Node> {
        let position = marker_position(span.start);
        self.node_count += 1;
        if self.node_count > limits::DOCUMENT_VALUES {
            return self.limit_error(position, "the document has too many values");
        }
        let (kind, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => (
                self.compose_scalar(position, &text, style, tag.as_deref()),
                anchor,
            ),
            Event::SequenceStart(anchor, _) => (
                self.compose_nested(position, Self::compose_sequence)?,
                anchor,
            ),
            Event::MappingStart(anchor, _) => (
                self.compose_nested(position, Self::compose_mapping)?,
                anchor,
            ),
            Event::Alias(anchor) => (self.copy_alias(position, anchor)?, 0),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => (NodeKind::Null, 0),
        };
        let node = Node { position, kind };
        if anchor > 0 {
            let kept = self.anchors.insert(anchor, &node, self.node_count);
            kept.or_else(|error| self.copy_error(position, &error))?;
        }
        Ok(node)
    }

    fn compose_nested(
        &mut self,
        position: Position,
        read: fn(&mut Self) -> ComposeResult<NodeKind>,
    ) -> ComposeResult<NodeKind> {
        if self.depth >= limits::NESTING_DEPTH {
            return self.limit_error(
                position,
                &format!("nested deeper than {} levels", limits::NESTING_DEPTH),
            );
        }
        self.depth += 1;
        let kind = read(self);
        self.depth -= 1;
        kind
    }

    fn compose_sequence(&mut self) -> ComposeResult<NodeKind> {
        let mut items = Vec::new();
        loop {
            match self.next_event()? {
                (Event::SequenceEnd, _) => return Ok(NodeKind::List(items)),
                event => items.push(self.compose_node(event)?),
            }
        }
    }

    fn compose_mapping(&mut self) -> ComposeResult<NodeKind> {
        let mut members = ObjectBuilder::default();
        let mut merged = Vec::new();
        loop {
            let (event, span) = self.next_event()?;
            let position = marker_position(span.start);
            let (text, plain) = match &event {
                Event::MappingEnd => break,
                Event::Scalar(text, style, ..) => (text.clone(), *style == ScalarStyle::Plain),
                _ => (self.alias_key(position, &event)?, false),
            };
            let value_event = self.next_event()?;
            let value = self.compose_node(value_event)?;
            if plain && text == "<<" {
                merged.push(value);
                continue;
            }
            let key = if plain { key_text(&text) } else { text.into() };
            let member = Member {
                key,
                position,
                value,
            };
            members.insert_or_warn(member, self.report);
        }
        for source in merged {
            let added = merge_key::add_inherited(source, &mut members);
            added.or_else(|position| {
                self.limit_error(position, "`<<` merges mappings; this is none")
            })?;
        }
        Ok(members.finish())
    }

    /// The text of a key that is an alias of a string. JSON has no other keys.
    fn alias_key(&mut self, position: Position, event: &Event<'t>) -> ComposeResult<Cow<'t, str>> {
        let scalar = match event {
            Event::Alias(anchor) => self.anchors.get(*anchor).map(|n| &n.kind),
            _ => None,
        };
        match scalar {
            Some(NodeKind::Text(text)) => Ok(Cow::Owned(text.to_string())),
            _ => self.limit_error(
                position,
                "a key is a list or a mapping; only text can be a key",
            ),
        }
    }

    fn copy_alias(&mut self, position: Position, anchor: usize) -> ComposeResult<NodeKind> {
        let copied = self.anchors.copy(anchor, self.depth, self.node_count);
        copied.or_else(|error| self.copy_error(position, &error))
    }

    /// Reports why a node cannot be copied to `position`.
    fn copy_error<T>(&mut self, position: Position, error: &CopyError) -> ComposeResult<T> {
        self.limit_error(error.position.unwrap_or(position), error.message)
    }

    fn compose_scalar(
        &mut self,
        position: Position,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
    ) -> NodeKind {
        let as_text = tag.is_some_and(|t| t.is_yaml_core_schema() && t.suffix == "str");
        if style != ScalarStyle::Plain || as_text {
            return NodeKind::Text(text.into());
        }
        match resolve_plain_scalar(text) {
            NodeKind::Number(n) if !n.is_finite() => {
                let message = format!("`{text}` is no number that JSON can carry");
                self.report.error(
                    Code::Syntax,
                    position,
                    message,
                    "quote it to make it a string",
                );
                NodeKind::Text(text.into())
            }
            kind => kind,
        }
    }

    fn limit_error<T>(&mut self, position: Position, message: &str) -> ComposeResult<T> {
        self.report
            .error(Code::LimitExceeded, position, message, "");
        Err(ComposeError::Reported)
    }
}

fn marker_position(marker: Marker) -> Position {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position {
        line: count(marker.line().max(1)),
        column: count(marker.col() + 1),
    }
}
