//! `DiagnosticSink`: collects the diagnostics of one file, sorts and deduplicates them.

use std::sync::Arc;

use ecow::EcoString;

use crate::diag::code::Code;
use crate::diag::diagnostic::Diagnostic;
use crate::diag::diagnostic::Position;
use crate::diag::diagnostic::Severity;

/// Collects the diagnostics of one file.
#[derive(Debug)]
pub struct DiagnosticSink {
    file: Arc<str>,
    /// The flag that is being parsed.
    flag: Option<EcoString>,
    diagnostics: Vec<Diagnostic>,
    /// The positions of members that have a purpose although their names may be unknown, in ascending order.
    expected_members: Vec<Position>,
}

impl DiagnosticSink {
    /// An empty sink for `file`.
    pub fn new(file: Arc<str>) -> DiagnosticSink {
        DiagnosticSink {
            file,
            flag: None,
            diagnostics: Vec::new(),
            expected_members: Vec::new(),
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
        self.push(Severity::Error, code, position, message.into(), help.into());
    }

    /// Adds a warning.
    pub fn warn(
        &mut self,
        code: Code,
        position: Position,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(
            Severity::Warning,
            code,
            position,
            message.into(),
            help.into(),
        );
    }

    fn push(
        &mut self,
        severity: Severity,
        code: Code,
        position: Position,
        message: String,
        help: String,
    ) {
        let file = self.file.clone();
        self.diagnostics.push(Diagnostic {
            code,
            severity,
            file,
            position,
            flag: self.flag.clone(),
            message: escape_control_characters(message),
            help: escape_control_characters(help),
        });
    }

    /// Notes that a member has a purpose although its name may be unknown: its value has an anchor. Members are noted in
    /// the order of the file.
    pub fn expect_member(&mut self, position: Position) {
        self.expected_members.push(position);
    }

    /// Returns true if [`DiagnosticSink::expect_member`] noted the member.
    pub fn expects_member(&self, position: Position) -> bool {
        self.expected_members.binary_search(&position).is_ok()
    }

    /// The number of diagnostics so far.
    pub fn count(&self) -> usize {
        self.diagnostics.len()
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
