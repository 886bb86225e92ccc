//! `SourceText`: the text at a position, to explain values and keys that are not what they seem.

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::SourceNote;
use crate::document::number_token::TextCursor;
use crate::document::yaml_parser::error_help::cause::explain_template;

/// The text of a document; its lines are split when one of them is needed.
#[derive(Debug)]
pub struct SourceText<'t> {
    text: &'t str,
    cursor: Option<TextCursor<'t>>,
}

impl<'t> SourceText<'t> {
    /// The text.
    pub fn new(text: &'t str) -> SourceText<'t> {
        SourceText { text, cursor: None }
    }

    fn rest_of_line(&mut self, position: Position) -> &'t str {
        let text = self.text;
        let cursor = self.cursor.get_or_insert_with(|| TextCursor::new(text));
        cursor.rest_of_line(position)
    }

    /// Notes that the value at a position is missing because it begins with `#`. A comment has a space behind that.
    pub fn note_comment(&mut self, position: Position, report: &mut DiagnosticSink) {
        let rest = self.rest_of_line(position).trim();
        let value = rest.strip_prefix('#').unwrap_or("");
        if value.starts_with(char::is_alphanumeric) {
            report.add_note(position, SourceNote::Comment(rest.to_owned()));
        }
    }

    /// The code, position, message and help for a key at a position that is a list or a mapping.
    pub fn explain_key(&mut self, position: Position) -> (Code, Position, String, String) {
        let bracket = Position {
            column: position.column.saturating_sub(1),
            ..position
        };
        if self.rest_of_line(bracket).starts_with("{{") {
            let cause = explain_template();
            return (Code::Syntax, bracket, cause.message, cause.help);
        }
        let message = "invalid key: a key must be a scalar or an alias of a scalar";
        let help = "quote the key if it is text";
        (Code::LimitExceeded, position, message.into(), help.into())
    }
}
