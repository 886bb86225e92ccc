//! A rule as plain flagd knows it, in JSON: evaluators are put in their place, and old spellings are written anew.
//!
//! Flag sync sends this, and it tells whether a flag changed. It is far smaller than the nodes that it is written from.

use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::json;
use crate::number;

/// Appends a rule.
pub fn write_targeting(out: &mut String, node: &Node) {
    match &node.kind {
        NodeKind::Null => out.push_str("null"),
        NodeKind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        NodeKind::Number(n) => {
            number::write_json(out, *n);
        }
        NodeKind::Text(text) => json::write_string(out, text),
        NodeKind::List(items) => write_list(out, items),
        NodeKind::Map(members) => write_operation(out, members),
    }
}

fn write_list(out: &mut String, items: &[Node]) {
    out.push('[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_targeting(out, item);
    }
    out.push(']');
}

fn write_operation(out: &mut String, members: &[Member]) {
    out.push('{');
    for (i, member) in members.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        let legacy = members.len() == 1 && &*member.key == "fractionalEvaluation";
        json::write_string(out, if legacy { "fractional" } else { &member.key });
        out.push(':');
        match &member.value.kind {
            NodeKind::List(items) if legacy => write_legacy_fractional(out, items),
            _ => write_targeting(out, &member.value),
        }
    }
    out.push('}');
}

/// The arguments of `fractionalEvaluation`, whose first was the name of an attribute, for `fractional`.
fn write_legacy_fractional(out: &mut String, items: &[Node]) {
    let Some((NodeKind::Text(name), rest)) = items.split_first().map(|(f, rest)| (&f.kind, rest))
    else {
        return write_list(out, items);
    };
    out.push_str("[{\"var\":");
    json::write_string(out, name);
    out.push('}');
    for item in rest {
        out.push(',');
        write_targeting(out, item);
    }
    out.push(']');
}
