//! Serializes a rule as JSON for plain flagd: legacy spellings are rewritten; evaluators are inlined already.
//!
//! Flag sync sends this text, and the fingerprint of a flag includes it. The text is far smaller than the syntax tree.

use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::json::ArrayWriter;
use crate::json::ObjectWriter;
use crate::json::write_string;
use crate::number;

/// Appends a rule.
pub fn write_targeting(out: &mut String, node: &Node) {
    match &node.kind {
        NodeKind::Null => out.push_str("null"),
        NodeKind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        NodeKind::Number(n) => {
            number::write_json(out, *n);
        }
        NodeKind::Text(text) => write_string(out, text),
        NodeKind::List(items) => write_list(out, items),
        NodeKind::Map(members) => write_operation(out, members),
    }
}

fn write_list(out: &mut String, items: &[Node]) {
    ArrayWriter::write(out, |array| {
        for item in items {
            write_targeting(array.item(), item);
        }
    });
}

fn write_operation(out: &mut String, members: &[Member]) {
    ObjectWriter::write(out, |object| {
        for member in members {
            let legacy = members.len() == 1 && &*member.key == "fractionalEvaluation";
            let out = object.key(if legacy { "fractional" } else { &member.key });
            match &member.value.kind {
                NodeKind::List(items) if legacy => write_legacy_fractional(out, items),
                _ => write_targeting(out, &member.value),
            }
        }
    });
}

/// Appends the arguments of `fractionalEvaluation` as those of `fractional`: an attribute name becomes a `var`.
fn write_legacy_fractional(out: &mut String, items: &[Node]) {
    let Some((NodeKind::Text(name), rest)) = items.split_first().map(|(f, rest)| (&f.kind, rest))
    else {
        return write_list(out, items);
    };
    ArrayWriter::write(out, |array| {
        array.object(|operation| operation.string("var", name));
        for item in rest {
            write_targeting(array.item(), item);
        }
    });
}
