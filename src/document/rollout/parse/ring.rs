//! Parses `rings` of a document: names, and conditions or segments.

use ecow::EcoString;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::rollout::jsonlogic_builder;
use crate::document::rollout::ring::Ring;
use crate::document::rollout::ring::Rings;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// Parses `rings`, whose references are already resolved.
pub fn parse_rings(node: Node, report: &mut DiagnosticSink) -> Rings {
    let position = node.position;
    let type_name = node.type_name();
    let members = match node.kind {
        NodeKind::Map(members) => members,
        NodeKind::Null => Vec::new(),
        NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) | NodeKind::List(_) => {
            let message = format!("`rings` is {type_name}, must be an object");
            let help = "write an object of names and conditions, the innermost ring first";
            report.error(Code::Ring, position, message, help);
            Vec::new()
        }
    };
    let rings = members.into_iter().map(|member| {
        let condition = parse_ring_condition(&member.key, member.value, report);
        Ring {
            name: member.key,
            position: member.position,
            condition,
        }
    });
    Rings {
        rings: rings.collect(),
    }
}

/// Parses a rule, or the short form `segments: […]`.
fn parse_ring_condition(name: &str, node: Node, report: &mut DiagnosticSink) -> Option<Node> {
    if let Some(member) = node.single_member()
        && &*member.key == "segments"
    {
        let segments = parse_segments(name, &member.value, report);
        return Some(jsonlogic_builder::has_any_segment(
            member.position,
            &segments,
        ));
    }
    let help = "write a rule such as `{ in: [{ var: group }, [employee]] }`, or `{ segments: [employee] }`";
    match &node.kind {
        NodeKind::Bool(_) => return Some(node),
        NodeKind::Map(members) if members.len() == 1 => return Some(node),
        NodeKind::Map(members) if !members.is_empty() => {
            let message =
                format!("ring `{name}` has several members, must be a condition with one member");
            report.error(Code::Ring, node.position, message, help);
        }
        _ => {
            let message = format!("ring `{name}` is {}, must be a condition", node.type_name());
            report.error(Code::Ring, node.position, message, help);
        }
    }
    None
}

fn parse_segments(name: &str, node: &Node, report: &mut DiagnosticSink) -> Vec<EcoString> {
    let items = match &node.kind {
        NodeKind::List(items) => &**items,
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Number(_)
        | NodeKind::Text(_)
        | NodeKind::Map(_) => std::slice::from_ref(node),
    };
    let texts: Vec<EcoString> = items
        .iter()
        .filter_map(|item| item.as_text().map(Into::into))
        .collect();
    if texts.len() < items.len() || items.is_empty() {
        let message = format!("`segments` of ring `{name}` must be a list of strings");
        report.error(
            Code::Ring,
            node.position,
            message,
            "write a list such as `[employee]`; other items are ignored",
        );
    }
    texts
}
