//! Rings: named groups of contexts, from the inside out.

use ecow::EcoString;

use crate::diag::Code;
use crate::diag::Place;
use crate::diag::Report;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::document::rollout::make;

/// The rings of one document, in their order.
#[derive(Debug, Clone, Default)]
pub struct Rings {
    /// The rings; names are distinct.
    pub rings: Vec<Ring>,
}

/// One ring.
#[derive(Debug, Clone)]
pub struct Ring {
    /// Its name: contexts whose attribute `ring` says so are in it.
    pub name: EcoString,
    /// Where its name stands.
    pub place: Place,
    /// Contexts for which this holds are in it, too.
    pub condition: Option<Node>,
}

impl Rings {
    /// The ring of this name.
    pub fn named(&self, name: &str) -> Option<&Ring> {
        self.rings.iter().find(|ring| *ring.name == *name)
    }
}

/// Reads the `rings` of a document, whose references are resolved.
pub fn read(node: Node, report: &mut Report) -> Rings {
    let place = node.place;
    let type_name = node.type_name();
    let members = match node.kind {
        Kind::Map(members) => members,
        Kind::Null => Vec::new(),
        Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::List(_) => {
            let message = format!("`rings` is {type_name}");
            let help = "write it as an object of names and conditions, the innermost ring first";
            report.error(Code::Ring, place, message, help);
            Vec::new()
        }
    };
    let rings = members.into_iter().map(|member| {
        let condition = condition(&member.key, member.value, report);
        Ring {
            name: member.key,
            place: member.place,
            condition,
        }
    });
    Rings {
        rings: rings.collect(),
    }
}

/// A rule, or `segments: […]` for short.
fn condition(name: &str, node: Node, report: &mut Report) -> Option<Node> {
    if let Some(member) = node.only_member()
        && &*member.key == "segments"
    {
        let segments = segments(name, &member.value, report);
        return Some(make::any_segment(member.place, &segments));
    }
    let help = "write a rule such as `{ in: [{ var: group }, [employee]] }`, or `{ segments: [employee] }`";
    match &node.kind {
        Kind::Bool(_) => return Some(node),
        Kind::Map(members) if members.len() == 1 => return Some(node),
        Kind::Map(members) if !members.is_empty() => {
            let message = format!("ring `{name}` has several members, so it is no condition");
            report.error(Code::Ring, node.place, message, help);
        }
        _ => {
            let message = format!("ring `{name}` is {}, no condition", node.type_name());
            report.error(Code::Ring, node.place, message, help);
        }
    }
    None
}

fn segments(name: &str, node: &Node, report: &mut Report) -> Vec<EcoString> {
    let items = match &node.kind {
        Kind::List(items) => &**items,
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Map(_) => {
            std::slice::from_ref(node)
        }
    };
    let texts: Vec<EcoString> = items
        .iter()
        .filter_map(|item| item.as_text().map(Into::into))
        .collect();
    if texts.len() < items.len() || items.is_empty() {
        let message = format!("`segments` of ring `{name}` must be a list of strings");
        report.error(
            Code::Ring,
            node.place,
            message,
            "until then the ring has nobody else",
        );
    }
    texts
}
