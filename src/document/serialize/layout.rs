//! Indentation, one-line lists and scalars, for JSON and YAML output.

use std::fmt::Write as _;

use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number;

/// Returns true if a node is a list of at most four scalars, which is written on one line.
pub fn is_one_line_list(node: &Node) -> bool {
    let plain = |item: &Node| !matches!(item.kind, NodeKind::List(_) | NodeKind::Map(_));
    matches!(&node.kind, NodeKind::List(items) if items.len() <= 4 && items.iter().all(plain))
}

/// Appends two spaces per level.
pub fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Appends a scalar; `text` writes strings.
pub fn write_scalar(out: &mut String, node: &Node, text: fn(&mut String, &str)) {
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
