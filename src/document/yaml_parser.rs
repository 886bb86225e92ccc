//! Composes the events of a YAML text into a syntax tree, with the values that flagd's reader gives.
//!
//! `scalar`, `tag` and `mapping_key` resolve scalars as yaml.v3 does. Aliases are copied within a budget, so that a few
//! lines cannot grow into gigabytes.

mod anchors;
mod error_help;
mod event;
mod failure;
mod further_documents;
mod mapping_builder;
mod mapping_key;
pub(super) mod scalar;
mod source_text;
mod tag;
mod timestamp;

use crate::coop;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::SourceNote;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::document::yaml_parser::anchors::Anchored;
use crate::document::yaml_parser::anchors::Anchors;
use crate::document::yaml_parser::anchors::CopyError;
use crate::document::yaml_parser::error_help::cause::SyntaxFailure;
use crate::document::yaml_parser::event::Event;
use crate::document::yaml_parser::event::EventKind;
use crate::document::yaml_parser::event::EventReader;
use crate::document::yaml_parser::failure::Reported;
use crate::document::yaml_parser::failure::reject;
use crate::document::yaml_parser::mapping_builder::MappingBuilder;
use crate::document::yaml_parser::mapping_builder::PrintedKeys;
use crate::document::yaml_parser::mapping_key::MappingKey;
use crate::document::yaml_parser::mapping_key::ScalarKey;
use crate::document::yaml_parser::mapping_key::is_merge_key;
use crate::document::yaml_parser::scalar::Scalar;
use crate::document::yaml_parser::source_text::SourceText;
pub use crate::document::yaml_parser::timestamp::normalize_timestamp;
use crate::limits;

/// Parses the first document in `text`; `None` after an error was reported.
pub fn parse(text: &str, report: &mut DiagnosticSink) -> Option<Node> {
    match Composer::new(text, report).compose_stream() {
        Ok((first, further)) => further_documents::check(&first, &further, report).then_some(first),
        Err(ComposeError::Reported) => None,
        Err(ComposeError::Syntax(failure)) => {
            error_help::report(text, &failure, report);
            None
        }
    }
}

/// Parses all documents in `text`, up to the first error, which is reported.
pub fn parse_documents(text: &str, report: &mut DiagnosticSink) -> Vec<Node> {
    let mut documents = Vec::new();
    let composed = Composer::new(text, report).compose_documents(&mut documents);
    if let Err(ComposeError::Syntax(failure)) = composed {
        error_help::report(text, &failure, report);
    }
    documents
}

enum ComposeError {
    Syntax(SyntaxFailure<'static>),
    Reported,
}

impl From<SyntaxFailure<'static>> for ComposeError {
    fn from(failure: SyntaxFailure<'static>) -> ComposeError {
        ComposeError::Syntax(failure)
    }
}

impl From<Reported> for ComposeError {
    fn from(_: Reported) -> ComposeError {
        ComposeError::Reported
    }
}

struct Composer<'t, 'r> {
    source: SourceText<'t>,
    events: EventReader<'t>,
    anchors: Anchors,
    printed_keys: PrintedKeys,
    depth: usize,
    node_count: usize,
    report: &'r mut DiagnosticSink,
}

type ComposeResult<T> = Result<T, ComposeError>;

impl<'t, 'r> Composer<'t, 'r> {
    fn new(text: &'t str, report: &'r mut DiagnosticSink) -> Composer<'t, 'r> {
        Composer {
            source: SourceText::new(text),
            events: EventReader::new(text),
            anchors: Anchors::default(),
            printed_keys: PrintedKeys::default(),
            depth: 0,
            node_count: 0,
            report,
        }
    }

    /// All documents up to the first error.
    fn compose_documents(&mut self, documents: &mut Vec<Node>) -> ComposeResult<()> {
        while self.next_document()?.is_some() {
            self.anchors = Anchors::default();
            self.printed_keys = PrintedKeys::default();
            let start = self.next_event()?;
            documents.push(self.compose_node(start)?);
        }
        Ok(())
    }

    /// The first document, and those that follow it as far as they can be read, without diagnostics: they are ignored.
    fn compose_stream(&mut self) -> ComposeResult<(Node, Vec<Node>)> {
        let first = self.compose_document()?;
        let mut further = Vec::new();
        let mut start = self.next_document()?;
        let reported = self.report.count();
        while let Some(position) = start.take() {
            self.anchors = Anchors::default();
            self.printed_keys = PrintedKeys::default();
            let composed = self.next_event().and_then(|event| self.compose_node(event));
            if composed.is_ok() {
                start = self.next_document().unwrap_or(None);
            }
            let kind = composed.map_or(NodeKind::Bool(false), |node| node.kind);
            further.push(Node { position, kind });
        }
        self.report.truncate(reported);
        Ok((first, further))
    }

    /// The start of the next document.
    fn next_document(&mut self) -> ComposeResult<Option<Position>> {
        loop {
            let event = self.next_event()?;
            match event.kind {
                EventKind::StreamEnd => return Ok(None),
                EventKind::DocumentStart => return Ok(Some(event.position)),
                _ => {}
            }
        }
    }

    fn compose_document(&mut self) -> ComposeResult<Node> {
        self.next_document()?;
        // The end of the text has a value, too: null.
        let start = self.next_event()?;
        self.compose_node(start)
    }

    fn next_event(&mut self) -> ComposeResult<Event> {
        coop::yield_if_due();
        Ok(self.events.next_event()?)
    }

    fn compose_node(&mut self, event: Event) -> ComposeResult<Node> {
        let position = event.position;
        let tag = event.tag.as_deref();
        self.node_count += 1;
        if self.node_count > limits::DOCUMENT_VALUES {
            let most = limits::DOCUMENT_VALUES;
            let message = format!("the document has more than {most} values");
            return Err(reject(position, &message, self.report).into());
        }
        if let (EventKind::SequenceStart | EventKind::MappingStart, Some(anchor)) =
            (&event.kind, &event.anchor)
        {
            self.anchors.open(anchor);
        }
        let mut key = None;
        let kind = match event.kind {
            EventKind::Scalar { text, plain } => {
                let scalar = Scalar::new(&text, plain, tag);
                key = event.anchor.is_some().then(|| alias_key(scalar));
                self.compose_scalar(position, scalar)?
            }
            EventKind::SequenceStart => {
                tag::check(tag, position, self.report);
                self.compose_nested(position, Self::compose_sequence)?
            }
            EventKind::MappingStart => {
                tag::check(tag, position, self.report);
                self.compose_nested(position, Self::compose_mapping)?
            }
            EventKind::Alias(anchor) => self.copy_alias(position, &anchor)?.node.kind,
            EventKind::StreamStart
            | EventKind::StreamEnd
            | EventKind::DocumentStart
            | EventKind::DocumentEnd
            | EventKind::SequenceEnd
            | EventKind::MappingEnd => NodeKind::Null,
        };
        let node = Node { position, kind };
        if let Some(anchor) = event.anchor {
            self.keep_anchor(anchor, node.clone(), key)?;
        }
        Ok(node)
    }

    /// Keeps an anchored node for its aliases.
    fn keep_anchor(
        &mut self,
        anchor: String,
        node: Node,
        key: Option<ScalarKey>,
    ) -> ComposeResult<()> {
        let position = node.position;
        self.report.add_note(position, SourceNote::Anchor);
        let anchored = Anchored { node, key };
        let kept = self.anchors.insert(anchor, anchored, self.node_count);
        kept.or_else(|error| self.copy_error(position, &error))
    }

    fn compose_nested(
        &mut self,
        position: Position,
        read: fn(&mut Self) -> ComposeResult<NodeKind>,
    ) -> ComposeResult<NodeKind> {
        if self.depth >= limits::NESTING_DEPTH {
            let message = format!("nested deeper than {} levels", limits::NESTING_DEPTH);
            return Err(reject(position, &message, self.report).into());
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
            if event.kind == EventKind::SequenceEnd {
                return Ok(NodeKind::List(items));
            }
            items.push(self.compose_node(event)?);
        }
    }

    fn compose_mapping(&mut self) -> ComposeResult<NodeKind> {
        let is_root = self.depth == 1;
        let mut mapping = MappingBuilder::new(is_root);
        loop {
            let event = self.next_event()?;
            if event.kind == EventKind::MappingEnd {
                return Ok(mapping.finish(&self.printed_keys, self.report)?);
            }
            let position = event.position;
            let key = self.compose_key(event)?;
            let event = self.next_event()?;
            let value = self.compose_node(event)?;
            match key {
                MappingKey::Merge => mapping.merge(position, value, self.report),
                MappingKey::Scalar(key) => {
                    mapping.insert(key, position, value, &mut self.printed_keys, self.report);
                }
            }
        }
    }

    /// The key of a member. JSON has no keys other than strings: scalars are converted, collections are an error.
    fn compose_key(&mut self, event: Event) -> ComposeResult<MappingKey> {
        let position = event.position;
        let tag = event.tag.as_deref();
        match event.kind {
            EventKind::Scalar { text, plain } => {
                self.compose_scalar_key(position, Scalar::new(&text, plain, tag), event.anchor)
            }
            EventKind::Alias(anchor) => match self.copy_alias(position, &anchor)?.key {
                Some(key) => Ok(MappingKey::Scalar(key)),
                None => Err(self.reject_key(position)),
            },
            _ => {
                tag::check(tag, position, self.report);
                Err(self.reject_key(position))
            }
        }
    }

    fn compose_scalar_key(
        &mut self,
        position: Position,
        scalar: Scalar<'_>,
        anchor: Option<String>,
    ) -> ComposeResult<MappingKey> {
        let key = match anchor {
            Some(anchor) => {
                let key = alias_key(scalar);
                let kind = self.compose_scalar(position, scalar)?;
                self.keep_anchor(anchor, Node { position, kind }, Some(key.clone()))?;
                key
            }
            None => ScalarKey::parse(scalar, position, self.report),
        };
        Ok(if is_merge_key(scalar) {
            MappingKey::Merge
        } else {
            MappingKey::Scalar(key)
        })
    }

    fn reject_key(&mut self, position: Position) -> ComposeError {
        let (code, position, message, help) = self.source.explain_key(position);
        self.report.error(code, position, message, help);
        ComposeError::Reported
    }

    fn copy_alias(&mut self, position: Position, anchor: &str) -> ComposeResult<Anchored> {
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
        scalar: Scalar<'_>,
    ) -> ComposeResult<NodeKind> {
        if scalar.text.is_empty() && scalar.plain {
            self.source.note_comment(position, self.report);
        }
        let kind = tag::resolve_scalar(scalar, position, self.report);
        kind.ok_or(ComposeError::Reported)
    }
}

/// The key for which an alias of a scalar stands. The scalar itself reports its tag.
fn alias_key(scalar: Scalar<'_>) -> ScalarKey {
    let mut unreported = DiagnosticSink::new("".into());
    ScalarKey::parse(scalar, Position::START, &mut unreported)
}
