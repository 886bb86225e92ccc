//! Serializes a syntax tree as indented JSON.

use crate::document::serialize::layout::indent;
use crate::document::serialize::layout::is_one_line_list;
use crate::document::serialize::layout::write_scalar;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::json::write_string;

/// A value as indented JSON.
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
            write_scalar(out, node, write_string);
            return;
        }
    };
    out.push(open);
    if is_one_line_list(node) {
        // A short list of scalars, such as a share, stays on one line.
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
            write_string(out, &member.key);
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
