//! Lint: numbers and keys that are read as another value than the one in the text, as in flagd.

use crate::analysis::flag_file::FlagFile;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::number_token::EXACT_INTEGER_LIMIT;
use crate::document::number_token::TextCursor;
use crate::document::number_token::is_lossless;
use crate::document::schema;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number;

/// The key that YAML's null becomes.
const NULL_KEY: &str = "<nil>";

/// Reports the numbers and keys of a file that lose digits or become another text.
pub fn check(file: &FlagFile, report: &mut DiagnosticSink) {
    let Some(members) = file.root.as_ref().and_then(Node::as_map) else {
        return;
    };
    let mut check = Check {
        text: TextCursor::new(&file.text),
        owner: String::new(),
        decides: false,
        report,
    };
    for member in members {
        if member.key.eq_ignore_ascii_case("flags") {
            check.visit_flags(&member.value);
        } else {
            check.owner = format!("`{}` of the document", member.key);
            check.decides = matches!(&*member.key, "$evaluators" | "rings");
            check.visit(&member.value);
        }
    }
}

struct Check<'c, 't> {
    text: TextCursor<'t>,
    /// The field and the flag, for messages.
    owner: String,
    /// True if a caller's value or variant depends on the field.
    decides: bool,
    report: &'c mut DiagnosticSink,
}

impl Check<'_, '_> {
    fn visit_flags(&mut self, flags: &Node) {
        match &flags.kind {
            NodeKind::Map(members) => {
                for member in members {
                    "`flags`".clone_into(&mut self.owner);
                    self.decides = true;
                    self.check_key(member);
                    self.visit_flag(&member.key, &member.value);
                }
            }
            NodeKind::List(items) => {
                for item in items {
                    let key = item.member_ignore_case("key").and_then(Node::as_text);
                    self.visit_flag(key.unwrap_or(""), item);
                }
            }
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => {}
        }
    }

    fn visit_flag(&mut self, key: &str, flag: &Node) {
        for member in flag.as_map().unwrap_or_default() {
            let name = &*member.key;
            self.owner = format!("`{name}` of flag `{key}`");
            let field = schema::FLAG.field_ignore_case(name);
            let field = field.or(schema::ROLLOUT_FIELDS.field_ignore_case(name));
            let field = field.map_or("", |field| field.name);
            self.decides = !matches!(field, "" | "metadata" | "lifecycle" | "key" | "source");
            self.visit(&member.value);
        }
    }

    fn visit(&mut self, node: &Node) {
        match &node.kind {
            NodeKind::Number(value) => self.check_number(*value, node.position),
            NodeKind::Text(text) => self.check_text(text, node.position),
            NodeKind::Map(members) => {
                for member in members {
                    self.check_key(member);
                    self.visit(&member.value);
                }
            }
            NodeKind::List(items) => items.iter().for_each(|item| self.visit(item)),
            NodeKind::Null | NodeKind::Bool(_) => {}
        }
    }

    fn check_number(&mut self, value: f64, position: Position) {
        let literal = self.text.number_token(position);
        let is_suspect = value.abs() >= EXACT_INTEGER_LIMIT || value == 0.0 && !literal.is_empty();
        if !is_suspect || is_lossless(literal, value) {
            return;
        }
        let mut read = String::new();
        number::write_json(&mut read, value);
        let written = if literal.is_empty() { &read } else { literal };
        let message = format!(
            "{} has the number `{written}`, which is read as {read}",
            self.owner
        );
        let help =
            "numbers are 64-bit floats, exact up to 9007199254740992: quote it to make it a string";
        self.push(position, message, help);
    }

    /// Reports a number that is too large for a float, and so is read as a string.
    fn check_text(&mut self, text: &str, position: Position) {
        let starts_as_number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
        if !starts_as_number || self.text.number_token(position) != text {
            return;
        }
        let plain = text.replace('_', "");
        if plain.parse::<f64>().is_ok_and(f64::is_infinite) {
            let message = format!(
                "{} has the number `{text}`, which is too large and is read as a string",
                self.owner
            );
            self.push(
                position,
                message,
                "write a smaller number, or quote it to make it a string",
            );
        }
    }

    fn check_key(&mut self, member: &Member) {
        let rest = self.text.rest_of_line(member.position);
        if rest.starts_with(['"', '\'']) {
            return;
        }
        let key = rest.split(": ").next().unwrap_or("").trim_end();
        let key = key.strip_suffix(':').unwrap_or(key).trim_end();
        if key == &*member.key || key.contains(['{', '}', '[', ']', ',', '"', '\'', '&', '*']) {
            return;
        }
        let is_null = &*member.key == NULL_KEY;
        if !is_null && !key.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
            return;
        }
        let message = format!(
            "{} has the key `{key}`, which is read as `{}`",
            self.owner, member.key
        );
        let is_flag = self.owner == "`flags`";
        if !is_null && !is_flag {
            self.report
                .warn(Code::LossyScalar, member.position, message, "quote the key");
        } else {
            self.push(member.position, message, "quote the key");
        }
    }

    fn push(&mut self, position: Position, message: String, help: &str) {
        if self.decides {
            self.report
                .error(Code::LossyScalar, position, message, help);
        } else {
            self.report.warn(Code::LossyScalar, position, message, help);
        }
    }
}
