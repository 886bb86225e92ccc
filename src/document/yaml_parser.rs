//! Composes the events of `libyaml-safer` into a syntax tree. The only file that uses that crate.
//!
//! It is a port of libyaml, as is the reader of flagd, gopkg.in/yaml.v3: both accept the same documents. `scalar` and `tag`
//! resolve scalars as yaml.v3 does. Aliases are copied within a budget, so that a few lines cannot grow into gigabytes.

mod anchors;
mod error_help;
mod mapping_key;
mod merge_key;
pub(super) mod scalar;
mod tag;
mod timestamp;

use libyaml_safer::Encoding;
use libyaml_safer::Error;
use libyaml_safer::Event;
use libyaml_safer::EventData;
use libyaml_safer::Mark;
use libyaml_safer::Parser;
use libyaml_safer::ScalarStyle;

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
use crate::document::yaml_parser::error_help::SyntaxFailure;
use crate::document::yaml_parser::error_help::explain_syntax_error;
use crate::document::yaml_parser::error_help::first_unprintable;
use crate::document::yaml_parser::mapping_key::MappingKey;
use crate::limits;

/// Parses the first document in `text`; `None` after an error was reported.
pub fn parse(text: &str, report: &mut DiagnosticSink) -> Option<Node> {
    let mut events = Parser::new();
    events.set_encoding(Encoding::Utf8);
    events.set_input(text.as_bytes());
    let mut composer = Composer {
        events,
        anchors: Anchors::default(),
        depth: 0,
        node_count: 0,
        report,
    };
    match composer.compose_document() {
        Ok(node) => Some(node),
        Err(ComposeError::Reported) => None,
        Err(ComposeError::Syntax(error)) => {
            report_syntax_error(text, &error, report);
            None
        }
    }
}

fn report_syntax_error(text: &str, error: &Error, report: &mut DiagnosticSink) {
    let mark = error.problem_mark().map(mark_position);
    let position = mark.unwrap_or_else(|| first_unprintable(text));
    let failure = SyntaxFailure {
        position,
        problem: error.problem(),
        context: error.context().unwrap_or(""),
        start: error.context_mark().map(mark_position),
    };
    let (message, help) = explain_syntax_error(text, &failure);
    report.error(Code::Syntax, position, message, help);
}

enum ComposeError {
    Syntax(Error),
    Reported,
}

impl From<Error> for ComposeError {
    fn from(error: Error) -> ComposeError {
        ComposeError::Syntax(error)
    }
}

struct Composer<'t, 'r> {
    events: Parser<&'t [u8]>,
    anchors: Anchors,
    depth: usize,
    node_count: usize,
    report: &'r mut DiagnosticSink,
}

type ComposeResult<T> = Result<T, ComposeError>;

impl Composer<'_, '_> {
    fn compose_document(&mut self) -> ComposeResult<Node> {
        let start = loop {
            let event = self.next_event()?;
            match event.data {
                EventData::StreamEnd => break event,
                EventData::DocumentStart { .. } => break self.next_event()?,
                _ => {}
            }
        };
        if matches!(
            start.data,
            EventData::StreamEnd | EventData::DocumentEnd { .. }
        ) {
            return Ok(Node {
                position: Position::START,
                kind: NodeKind::Null,
            });
        }
        let node = self.compose_node(start)?;
        self.warn_about_further_documents()?;
        Ok(node)
    }

    /// Warns about further documents, which are ignored, and reports syntax errors before them.
    fn warn_about_further_documents(&mut self) -> ComposeResult<()> {
        loop {
            let event = self.next_event()?;
            match event.data {
                EventData::StreamEnd => return Ok(()),
                EventData::DocumentStart { .. } => {
                    let message =
                        "this document is ignored: only the first document of a file is read";
                    let help = "put each document into its own file";
                    let position = mark_position(event.start_mark);
                    self.report
                        .warn(Code::DocumentShape, position, message, help);
                    return Ok(());
                }
                _ => {}
            }
        }
    }

    fn next_event(&mut self) -> ComposeResult<Event> {
        coop::yield_if_due();
        Ok(self.events.parse()?)
    }

    fn compose_node(&mut self, event: Event) -> ComposeResult<Node> {
        let position = mark_position(event.start_mark);
        self.node_count += 1;
        if self.node_count > limits::DOCUMENT_VALUES {
            let most = limits::DOCUMENT_VALUES;
            return self.limit_error(
                position,
                &format!("the document has more than {most} values"),
            );
        }
        let (kind, anchor) = match event.data {
            EventData::Scalar {
                value,
                style,
                tag,
                anchor,
                ..
            } => {
                let kind = self.compose_scalar(position, &value, style, tag.as_deref())?;
                (kind, anchor)
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                self.check_collection(position, tag.as_deref(), anchor.as_deref());
                let kind = self.compose_nested(position, Self::compose_sequence)?;
                (kind, anchor)
            }
            EventData::MappingStart { anchor, tag, .. } => {
                self.check_collection(position, tag.as_deref(), anchor.as_deref());
                let kind = self.compose_nested(position, Self::compose_mapping)?;
                (kind, anchor)
            }
            EventData::Alias { anchor } => (self.copy_alias(position, &anchor)?, None),
            EventData::StreamStart { .. }
            | EventData::StreamEnd
            | EventData::DocumentStart { .. }
            | EventData::DocumentEnd { .. }
            | EventData::SequenceEnd
            | EventData::MappingEnd => (NodeKind::Null, None),
        };
        let node = Node { position, kind };
        self.keep_anchor(anchor, &node)?;
        Ok(node)
    }

    /// Keeps a copy of an anchored node for its aliases.
    fn keep_anchor(&mut self, anchor: Option<String>, node: &Node) -> ComposeResult<()> {
        let Some(anchor) = anchor else {
            return Ok(());
        };
        let kept = self.anchors.insert(anchor, node, self.node_count);
        kept.or_else(|error| self.copy_error(node.position, &error))
    }

    /// Reports a tag that has no effect, and opens the anchor of a collection.
    fn check_collection(&mut self, position: Position, tag: Option<&str>, anchor: Option<&str>) {
        tag::check(tag, position, self.report);
        if let Some(anchor) = anchor {
            self.anchors.open(anchor);
        }
    }

    fn compose_nested(
        &mut self,
        position: Position,
        read: fn(&mut Self) -> ComposeResult<NodeKind>,
    ) -> ComposeResult<NodeKind> {
        if self.depth >= limits::NESTING_DEPTH {
            let most = limits::NESTING_DEPTH;
            return self.limit_error(position, &format!("nested deeper than {most} levels"));
        }
        self.depth += 1;
        let kind = read(self);
        self.depth -= 1;
        kind
    }

    fn compose_sequence(&mut self) -> ComposeResult<NodeKind> {
        let mut items = Vec::new();
        loop {
            let event = self.next_event()?;
            if matches!(event.data, EventData::SequenceEnd) {
                return Ok(NodeKind::List(items));
            }
            items.push(self.compose_node(event)?);
        }
    }

    fn compose_mapping(&mut self) -> ComposeResult<NodeKind> {
        let mut members = ObjectBuilder::default();
        let mut merged = Vec::new();
        loop {
            let event = self.next_event()?;
            if matches!(event.data, EventData::MappingEnd) {
                break;
            }
            let position = mark_position(event.start_mark);
            let key = self.compose_key(position, event)?;
            let value_event = self.next_event()?;
            let value = self.compose_node(value_event)?;
            match key {
                MappingKey::Merge => merged.push(value),
                MappingKey::Text(key) => {
                    let member = Member {
                        key,
                        position,
                        value,
                    };
                    members.insert_or_warn(member, self.report);
                }
            }
        }
        for source in merged {
            let added = merge_key::add_inherited(source, &mut members);
            added.or_else(|position| {
                self.limit_error(position, "`<<` requires a mapping or a list of mappings")
            })?;
        }
        Ok(members.finish())
    }

    /// The key of a member. JSON has no keys other than strings: scalars are converted, collections are an error.
    fn compose_key(&mut self, position: Position, event: Event) -> ComposeResult<MappingKey> {
        match event.data {
            EventData::Scalar {
                value,
                style,
                tag,
                anchor,
                ..
            } => {
                let key =
                    MappingKey::from_scalar(&value, style == ScalarStyle::Plain, tag.as_deref());
                if anchor.is_some() {
                    let kind = self.compose_scalar(position, &value, style, tag.as_deref())?;
                    self.keep_anchor(anchor, &Node { position, kind })?;
                } else {
                    tag::check(tag.as_deref(), position, self.report);
                }
                Ok(key)
            }
            EventData::Alias { anchor } => {
                let kind = self.copy_alias(position, &anchor)?;
                match MappingKey::from_value(&kind) {
                    Some(key) => Ok(key),
                    None => self.key_error(position),
                }
            }
            EventData::MappingStart { tag, .. } | EventData::SequenceStart { tag, .. } => {
                tag::check(tag.as_deref(), position, self.report);
                self.key_error(position)
            }
            _ => self.key_error(position),
        }
    }

    fn key_error<T>(&mut self, position: Position) -> ComposeResult<T> {
        let message = "invalid key: a key must be a scalar or an alias of a scalar; quote text that begins with `{{`";
        self.limit_error(position, message)
    }

    fn copy_alias(&mut self, position: Position, anchor: &str) -> ComposeResult<NodeKind> {
        let copied = self.anchors.copy(anchor, self.depth, self.node_count);
        copied.or_else(|error| self.copy_error(position, &error))
    }

    /// Reports why a node cannot be copied to `position`.
    fn copy_error<T>(&mut self, position: Position, error: &CopyError) -> ComposeResult<T> {
        let position = error.position.unwrap_or(position);
        self.report
            .error(error.code, position, &*error.message, error.help);
        Err(ComposeError::Reported)
    }

    fn compose_scalar(
        &mut self,
        position: Position,
        text: &str,
        style: ScalarStyle,
        tag: Option<&str>,
    ) -> ComposeResult<NodeKind> {
        tag::resolve_scalar(
            text,
            style == ScalarStyle::Plain,
            tag,
            position,
            self.report,
        )
        .ok_or(ComposeError::Reported)
    }

    fn limit_error<T>(&mut self, position: Position, message: &str) -> ComposeResult<T> {
        self.report
            .error(Code::LimitExceeded, position, message, "");
        Err(ComposeError::Reported)
    }
}

fn mark_position(mark: Mark) -> Position {
    let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    Position {
        line: count(mark.line + 1),
        column: count(mark.column + 1),
    }
}
