//! `DiagnosticSink`: collects the diagnostics of one file, sorts and deduplicates them.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecow::EcoString;

use crate::diag::code::Code;
use crate::diag::diagnostic::Diagnostic;
use crate::diag::diagnostic::Position;
use crate::diag::diagnostic::Severity;

/// A property of the text at a position that the syntax tree does not keep, but that explains a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceNote {
    /// A value has an anchor, to which aliases refer.
    Anchor,
    /// A value is missing because this text, which begins with `#`, is a comment.
    Comment(String),
}

/// Collects the diagnostics of one file.
#[derive(Debug)]
pub struct DiagnosticSink {
    file: Arc<str>,
    notes: BTreeMap<Position, SourceNote>,
    /// The flag that is being parsed.
    flag: Option<EcoString>,
    diagnostics: Vec<Diagnostic>,
}

impl DiagnosticSink {
    /// An empty sink for `file`.
    pub fn new(file: Arc<str>) -> DiagnosticSink {
        DiagnosticSink {
            file,
            notes: BTreeMap::new(),
            flag: None,
            diagnostics: Vec::new(),
        }
    }

    /// An empty sink for the flag called `key`.
    pub fn for_flag(file: Arc<str>, key: &EcoString) -> DiagnosticSink {
        let mut sink = DiagnosticSink::new(file);
        sink.set_flag(Some(key));
        sink
    }

    /// Sets the flag to which the next diagnostics belong.
    pub fn set_flag(&mut self, key: Option<&EcoString>) {
        self.flag = key.cloned();
    }

    /// Adds an error.
    pub fn error(
        &mut self,
        code: Code,
        position: Position,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Severity::Error, code, position, message, help);
    }

    /// Adds a warning.
    pub fn warn(
        &mut self,
        code: Code,
        position: Position,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Severity::Warning, code, position, message, help);
    }

    /// Adds a note about the text at a position.
    pub fn add_note(&mut self, position: Position, note: SourceNote) {
        self.notes.insert(position, note);
    }

    /// The note about the text at a position.
    pub fn note(&self, position: Position) -> Option<&SourceNote> {
        self.notes.get(&position)
    }

    /// Adds a diagnostic.
    pub fn push(
        &mut self,
        severity: Severity,
        code: Code,
        position: Position,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let file = self.file.clone();
        self.diagnostics.push(Diagnostic {
            code,
            severity,
            file,
            position,
            flag: self.flag.clone(),
            message: escape_control_characters(message.into()),
            help: escape_control_characters(help.into()),
        });
    }

    /// Adds the diagnostics and notes of a text inside this file. `map` gives the position in the file of a position in the
    /// text.
    pub fn absorb(&mut self, text: DiagnosticSink, map: impl Fn(Position) -> Position) {
        let notes = text.notes.into_iter();
        self.notes.extend(notes.map(|(at, note)| (map(at), note)));
        self.diagnostics
            .extend(text.diagnostics.into_iter().map(|diagnostic| Diagnostic {
                position: map(diagnostic.position),
                ..diagnostic
            }));
    }

    /// The number of diagnostics so far.
    pub fn count(&self) -> usize {
        self.diagnostics.len()
    }

    /// Drops the diagnostics after the first `count`: those of a part whose mistake was reported as a whole.
    pub fn truncate(&mut self, count: usize) {
        self.diagnostics.truncate(count);
    }

    /// The diagnostics in the order of the file, without duplicates: a rule that is compiled twice is reported once.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        let order = |d: &Diagnostic| (d.position, d.code);
        self.diagnostics.sort_by(|a, b| {
            order(a)
                .cmp(&order(b))
                .then_with(|| a.message.cmp(&b.message))
        });
        self.diagnostics.dedup();
        self.diagnostics
    }
}

/// Escapes control characters of names and values from the file: a finding is one line in the log and on a terminal.
fn escape_control_characters(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if character.is_control() {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    escaped
}
