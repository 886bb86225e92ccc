//! Writes values as JSON and YAML that reads back as the same values, here and in flagd.

use std::fmt::Write as _;

use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::document::yaml_scalar;
use crate::json;
use crate::number;

/// A value as JSON over several lines.
pub fn to_pretty_json(node: &Node) -> String {
    let mut out = String::new();
    write_json(&mut out, node, 0);
    out.push('\n');
    out
}

fn write_json(out: &mut String, node: &Node, depth: usize) {
    let (open, close, empty) = match &node.kind {
        NodeKind::List(items) => ('[', ']', items.is_empty()),
        NodeKind::Map(members) => ('{', '}', members.is_empty()),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => {
            write_scalar(out, node, json::write_string);
            return;
        }
    };
    out.push(open);
    if is_one_line_list(node) {
        // A list of plain values, such as a share, is one line.
        for (at, item) in node.children().enumerate() {
            out.push_str(if at == 0 { "" } else { ", " });
            write_json(out, item, depth);
        }
        out.push(close);
        return;
    }
    for (at, item) in node.children().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        indent(out, depth + 1);
        if let Some(member) = node.as_map().and_then(|members| members.get(at)) {
            json::write_string(out, &member.key);
            out.push_str(": ");
        }
        write_json(out, item, depth + 1);
    }
    if !empty {
        out.push('\n');
        indent(out, depth);
    }
    out.push(close);
}

/// Whether this is a list of a few plain values.
fn is_one_line_list(node: &Node) -> bool {
    let plain = |item: &Node| !matches!(item.kind, NodeKind::List(_) | NodeKind::Map(_));
    matches!(&node.kind, NodeKind::List(items) if items.len() <= 4 && items.iter().all(plain))
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

/// A value as YAML in blocks.
pub fn to_yaml(node: &Node) -> String {
    let mut out = String::new();
    write_yaml(&mut out, node, 0);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

fn write_yaml(out: &mut String, node: &Node, depth: usize) {
    match &node.kind {
        NodeKind::Map(members) if !members.is_empty() => {
            for (at, member) in members.iter().enumerate() {
                if at > 0 {
                    indent(out, depth);
                }
                write_yaml_string(out, &member.key);
                out.push(':');
                write_yaml_member_value(out, &member.value, depth);
            }
        }
        NodeKind::List(items) if !items.is_empty() && !is_one_line_list(node) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    indent(out, depth);
                }
                out.push_str("- ");
                write_yaml(out, item, depth + 1);
                if !out.ends_with('\n') {
                    out.push('\n');
                }
            }
        }
        _ => write_yaml_flow(out, node),
    }
}

/// A value behind the colon of its key: blocks begin on a line of their own.
fn write_yaml_member_value(out: &mut String, node: &Node, depth: usize) {
    let block = match &node.kind {
        NodeKind::Map(members) => !members.is_empty(),
        NodeKind::List(items) => !items.is_empty() && !is_one_line_list(node),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => false,
    };
    if block {
        out.push('\n');
        indent(out, depth + 1);
        write_yaml(out, node, depth + 1);
    } else {
        out.push(' ');
        write_yaml_flow(out, node);
        out.push('\n');
    }
}

/// A value on one line: plain, empty, or a short list.
fn write_yaml_flow(out: &mut String, node: &Node) {
    match &node.kind {
        NodeKind::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                write_scalar(out, item, write_yaml_string);
            }
            out.push(']');
        }
        NodeKind::Map(_) => out.push_str("{}"),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => {
            write_scalar(out, node, write_yaml_string)
        }
    }
}

fn write_scalar(out: &mut String, node: &Node, text: fn(&mut String, &str)) {
    match &node.kind {
        NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => out.push_str("null"),
        NodeKind::Bool(truth) => {
            let _ = write!(out, "{truth}");
        }
        NodeKind::Number(n) => {
            number::write_json(out, *n);
        }
        NodeKind::Text(characters) => text(out, characters),
    }
}

/// A string: bare where every reader of YAML takes it for a string, otherwise as JSON has it, which YAML reads as well.
fn write_yaml_string(out: &mut String, characters: &str) {
    // Strings in the older YAML 1.1, too, in which these are booleans.
    let old = ["on", "off", "yes", "no", "y", "n", "true", "false", "null"];
    let inside =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '$' | '+');
    let begins =
        characters.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '$' | '_'));
    let bare = begins
        && characters.chars().all(inside)
        && matches!(yaml_scalar::resolve_plain_scalar(characters), NodeKind::Text(same) if &*same == characters)
        && !old.iter().any(|word| word.eq_ignore_ascii_case(characters));
    if bare {
        out.push_str(characters);
    } else {
        let mut quoted = String::new();
        json::write_string(&mut quoted, characters);
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
    use crate::diag::DiagnosticSink;
    use crate::document;
    use crate::document::DocumentFormat;

    #[test]
    fn written_yaml_parses_back() {
        let text = r#"{"on": true, "n": [1, -2.5, 1e300, null], "deep": [[{"a": []}, {}], ["x", ["y"]]], "": {},
            "odd \u2028 \"key\"\n": "- x", "list": [{"var": "a: b # c"}, "yes", "012", "2024-01-02", "~", " pad ", "@", "x"],
            "a.b/c": {"fractional": [{"var": "$flagd.flagKey"}, ["on", 5], ["off", 95]]}}"#;
        let mut report = DiagnosticSink::new("f".into());
        let node = document::json_parser::parse(text, &mut report).expect("it is JSON");
        let same = |written: &str, format| {
            let mut report = DiagnosticSink::new("f".into());
            let read = document::parse_syntax_tree(written, format, &mut report);
            let read = read.expect(written);
            assert_eq!(read.to_owned_value(), node.to_owned_value(), "{written}");
        };
        same(&to_yaml(&node), DocumentFormat::Yaml);
        same(&to_pretty_json(&node), DocumentFormat::Json);
        assert!(
            to_yaml(&node).contains("\n  fractional:\n"),
            "{}",
            to_yaml(&node)
        );
    }
}
