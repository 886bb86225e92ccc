//! Writes values as JSON and YAML that reads back as the same values, here and in flagd.

use std::fmt::Write as _;

use crate::document::node::Kind;
use crate::document::node::Node;
use crate::document::scalar;
use crate::json;
use crate::number;

/// A value as JSON over several lines.
pub fn json(node: &Node) -> String {
    let mut out = String::new();
    json_at(&mut out, node, 0);
    out.push('\n');
    out
}

fn json_at(out: &mut String, node: &Node, depth: usize) {
    let (open, close, empty) = match &node.kind {
        Kind::List(items) => ('[', ']', items.is_empty()),
        Kind::Map(members) => ('{', '}', members.is_empty()),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {
            scalar(out, node, json::write_text);
            return;
        }
    };
    out.push(open);
    if is_short(node) {
        // A list of plain values, such as a share, is one line.
        for (at, item) in node.children().enumerate() {
            out.push_str(if at == 0 { "" } else { ", " });
            json_at(out, item, depth);
        }
        out.push(close);
        return;
    }
    for (at, item) in node.children().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        indent(out, depth + 1);
        if let Some(member) = node.as_map().and_then(|members| members.get(at)) {
            json::write_text(out, &member.key);
            out.push_str(": ");
        }
        json_at(out, item, depth + 1);
    }
    if !empty {
        out.push('\n');
        indent(out, depth);
    }
    out.push(close);
}

/// Whether this is a list of a few plain values.
fn is_short(node: &Node) -> bool {
    let plain = |item: &Node| !matches!(item.kind, Kind::List(_) | Kind::Map(_));
    matches!(&node.kind, Kind::List(items) if items.len() <= 4 && items.iter().all(plain))
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

/// A value as YAML in blocks.
pub fn yaml(node: &Node) -> String {
    let mut out = String::new();
    yaml_at(&mut out, node, 0);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

fn yaml_at(out: &mut String, node: &Node, depth: usize) {
    match &node.kind {
        Kind::Map(members) if !members.is_empty() => {
            for (at, member) in members.iter().enumerate() {
                if at > 0 {
                    indent(out, depth);
                }
                text(out, &member.key);
                out.push(':');
                below(out, &member.value, depth);
            }
        }
        Kind::List(items) if !items.is_empty() && !is_short(node) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    indent(out, depth);
                }
                out.push_str("- ");
                yaml_at(out, item, depth + 1);
                if !out.ends_with('\n') {
                    out.push('\n');
                }
            }
        }
        _ => flow(out, node),
    }
}

/// A value behind the colon of its key: blocks begin on a line of their own.
fn below(out: &mut String, node: &Node, depth: usize) {
    let block = match &node.kind {
        Kind::Map(members) => !members.is_empty(),
        Kind::List(items) => !items.is_empty() && !is_short(node),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => false,
    };
    if block {
        out.push('\n');
        indent(out, depth + 1);
        yaml_at(out, node, depth + 1);
    } else {
        out.push(' ');
        flow(out, node);
        out.push('\n');
    }
}

/// A value on one line: plain, empty, or a short list.
fn flow(out: &mut String, node: &Node) {
    match &node.kind {
        Kind::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                scalar(out, item, text);
            }
            out.push(']');
        }
        Kind::Map(_) => out.push_str("{}"),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => scalar(out, node, text),
    }
}

fn scalar(out: &mut String, node: &Node, text: fn(&mut String, &str)) {
    match &node.kind {
        Kind::Null | Kind::List(_) | Kind::Map(_) => out.push_str("null"),
        Kind::Bool(truth) => {
            let _ = write!(out, "{truth}");
        }
        Kind::Number(n) => {
            number::write_json(out, *n);
        }
        Kind::Text(characters) => text(out, characters),
    }
}

/// A string: bare where every reader of YAML takes it for a string, otherwise as JSON has it, which YAML reads as well.
fn text(out: &mut String, characters: &str) {
    // Strings in the older YAML 1.1, too, in which these are booleans.
    let old = ["on", "off", "yes", "no", "y", "n", "true", "false", "null"];
    let inside =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '$' | '+');
    let begins =
        characters.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '$' | '_'));
    let bare = begins
        && characters.chars().all(inside)
        && matches!(scalar::resolve(characters), Kind::Text(same) if &*same == characters)
        && !old.iter().any(|word| word.eq_ignore_ascii_case(characters));
    if bare {
        out.push_str(characters);
    } else {
        let mut quoted = String::new();
        json::write_text(&mut quoted, characters);
        for c in quoted.chars() {
            // JSON lets these stand bare; to some readers of YAML they end the line.
            if matches!(
                c,
                '\u{7f}' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}'
            ) {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            } else {
                out.push(c);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Report;
    use crate::document;
    use crate::document::Format;

    #[test]
    fn what_is_written_reads_back() {
        let text = r#"{"on": true, "n": [1, -2.5, 1e300, null], "deep": [[{"a": []}, {}], ["x", ["y"]]], "": {},
            "odd \u2028 \"key\"\n": "- x", "list": [{"var": "a: b # c"}, "yes", "012", "2024-01-02", "~", " pad ", "@", "x"],
            "a.b/c": {"fractional": [{"var": "$flagd.flagKey"}, ["on", 5], ["off", 95]]}}"#;
        let mut report = Report::new("f".into());
        let node = document::json::read(text, &mut report).expect("it is JSON");
        let same = |written: &str, format| {
            let mut report = Report::new("f".into());
            let read = document::read(written, format, &mut report);
            let read = read.expect(written);
            assert_eq!(read.to_literal(), node.to_literal(), "{written}");
        };
        same(&yaml(&node), Format::Yaml);
        same(&json(&node), Format::Json);
        assert!(yaml(&node).contains("\n  fractional:\n"), "{}", yaml(&node));
    }
}
