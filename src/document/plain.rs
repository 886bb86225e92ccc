//! A rule as plain flagd knows it, in JSON: evaluators are put in their place, and old spellings are written anew.
//!
//! Flag sync sends this, and it tells whether a flag changed. It is far smaller than the nodes that it is written from.

use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::json;
use crate::number;

/// Appends a rule.
pub fn write(out: &mut String, node: &Node) {
    match &node.kind {
        Kind::Null => out.push_str("null"),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(n) => {
            number::write_json(out, *n);
        }
        Kind::Text(text) => json::write_text(out, text),
        Kind::List(items) => write_list(out, items),
        Kind::Map(members) => write_operation(out, members),
    }
}

fn write_list(out: &mut String, items: &[Node]) {
    out.push('[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write(out, item);
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
        json::write_text(out, if legacy { "fractional" } else { &member.key });
        out.push(':');
        match &member.value.kind {
            Kind::List(items) if legacy => write_legacy(out, items),
            _ => write(out, &member.value),
        }
    }
    out.push('}');
}

/// The arguments of `fractionalEvaluation`, whose first was the name of an attribute, for `fractional`.
fn write_legacy(out: &mut String, items: &[Node]) {
    let Some((Kind::Text(name), rest)) = items.split_first().map(|(f, rest)| (&f.kind, rest))
    else {
        return write_list(out, items);
    };
    out.push_str("[{\"var\":");
    json::write_text(out, name);
    out.push('}');
    for item in rest {
        out.push(',');
        write(out, item);
    }
    out.push(']');
}
