//! Lint: numbers and keys that are read as another value than the one in the text, as in flagd.

use crate::analysis::flag_file::FlagFile;
use crate::analysis::model::var_path;
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
use crate::document::yaml_parser::normalize_timestamp;
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
        is_rule: false,
        is_version: false,
        report,
    };
    for member in members {
        if member.key.eq_ignore_ascii_case("flags") {
            check.visit_flags(&member.value);
        } else {
            check.owner = format!("`{}` of the document", member.key);
            check.decides = matches!(&*member.key, "$evaluators" | "rings");
            check.is_rule = check.decides;
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
    /// True in the variants and the rule of a flag, and in evaluators and rings.
    is_rule: bool,
    /// True among the arguments of a comparison of versions.
    is_version: bool,
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
            self.is_rule = matches!(field, "variants" | "targeting");
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
                    let outer = self.is_version;
                    self.is_version = self.is_rule && compares_versions(member);
                    self.visit(&member.value);
                    self.is_version = outer;
                }
            }
            NodeKind::List(items) => items.iter().for_each(|item| self.visit(item)),
            NodeKind::Null | NodeKind::Bool(_) => {}
        }
    }

    fn check_number(&mut self, value: f64, position: Position) {
        let literal = self.text.number_token(position);
        if self.report_lost_zero(literal, value, position) {
            return;
        }
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

    /// Reports a number whose zeros have a meaning: a leading one in a postcode, a trailing one in a version.
    fn report_lost_zero(&mut self, literal: &str, value: f64, position: Position) -> bool {
        let plain = literal.replace('_', "");
        let digits = plain.trim_start_matches(['+', '-']);
        let is_decimal = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let leading = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
        let trailing = self.is_version && digits.contains('.') && digits.ends_with('0');
        if !is_decimal || !(leading || trailing) {
            return false;
        }
        let mut read = String::new();
        number::write_json(&mut read, value);
        let is_octal = leading && plain.parse() != Ok(value);
        let octal = if is_octal { " (octal)" } else { "" };
        let message = format!(
            "{} has the number `{literal}`, which is read as {read}{octal}",
            self.owner
        );
        let help = format!("quote it to keep all digits: `\"{literal}\"`");
        self.push(position, message, &help);
        true
    }

    /// Reports a date, which becomes a timestamp.
    fn report_date(&mut self, text: &str, position: Position) {
        let written = self.text.number_token(position);
        let is_date =
            written.len() < text.len() && normalize_timestamp(written).as_deref() == Some(text);
        if self.is_rule && is_date {
            let message = format!(
                "{} has the date `{written}`, which is read as the text `{text}`",
                self.owner
            );
            let help = format!("quote it: `\"{written}\"`");
            self.push(position, message, &help);
        }
    }

    /// Reports a number that is too large for a float, and so is read as a string.
    fn check_text(&mut self, text: &str, position: Position) {
        if text.ends_with("T00:00:00Z") {
            self.report_date(text, position);
        }
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

/// Returns true for `sem_ver`, and for a comparison of an attribute that is called a version.
fn compares_versions(member: &Member) -> bool {
    let is_version = |node: &Node| {
        let path = var_path::constant_var_path(node).unwrap_or_default();
        path.to_ascii_lowercase().ends_with("version")
    };
    match &*member.key {
        "sem_ver" => true,
        "==" | "!=" | "===" | "!==" | "<" | "<=" | ">" | ">=" | "in" | "starts_with" => {
            member.arguments().iter().any(is_version)
        }
        _ => false,
    }
}
