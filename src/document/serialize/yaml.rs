//! Serializes a syntax tree as block-style YAML.

use std::fmt::Write as _;

use crate::document::serialize::layout::indent;
use crate::document::serialize::layout::is_one_line_list;
use crate::document::serialize::layout::write_scalar;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::document::yaml_parser::scalar::resolve_plain_scalar;
use crate::json::write_string;

/// A value as block-style YAML.
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

/// Appends the value after the colon of its key: blocks begin on a new line.
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

/// Appends a value on one line: a scalar, an empty collection, or a short list.
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
            write_scalar(out, node, write_yaml_string);
        }
    }
}

/// Appends a string: plain if YAML 1.1 and 1.2 parsers read it as a string, otherwise double-quoted as in JSON.
fn write_yaml_string(out: &mut String, characters: &str) {
    // Booleans and null in YAML 1.1.
    let old = ["on", "off", "yes", "no", "y", "n", "true", "false", "null"];
    let inside =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '$' | '+');
    let begins =
        characters.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '$' | '_'));
    let bare = begins
        && characters.chars().all(inside)
        && matches!(resolve_plain_scalar(characters), NodeKind::Text(same) if &*same == characters)
        && !old.iter().any(|word| word.eq_ignore_ascii_case(characters));
    if bare {
        out.push_str(characters);
    } else {
        let mut quoted = String::new();
        write_string(&mut quoted, characters);
        for c in quoted.chars() {
            // JSON allows these characters unescaped; some YAML parsers treat them as line breaks.
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
