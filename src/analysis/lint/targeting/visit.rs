//! Goes over a rule as written: which operations stand in it, and what they read.

use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::syntax::JsonLogicNode;

/// Visits every operation at or below `node`, outer ones first. What list operations run over their items is left out:
/// what it reads are the items' members.
pub fn visit_operations<'n>(node: &'n Node, visit: &mut impl FnMut(&'n Member)) {
    match JsonLogicNode::from_node(node) {
        JsonLogicNode::Value(_) => {}
        JsonLogicNode::List(items) => items.iter().for_each(|item| visit_operations(item, visit)),
        JsonLogicNode::Operation(member) => {
            visit(member);
            match &member.value.kind {
                NodeKind::List(items) if is_list_operator(&member.key) => {
                    items
                        .iter()
                        .take(1)
                        .for_each(|item| visit_operations(item, visit));
                }
                _ => visit_operations(&member.value, visit),
            }
        }
    }
}

fn is_list_operator(name: &str) -> bool {
    matches!(name, "map" | "filter" | "reduce" | "all" | "some" | "none")
}

/// An attribute that a rule reads.
#[derive(Debug, Clone, Copy)]
pub struct VarRead<'n> {
    /// Its name, with dots between the steps of a path.
    pub path: &'n str,
    /// The operation that reads it.
    pub operation: &'n Member,
    /// Whether something else counts when it is not there.
    pub has_default: bool,
}

/// What a `var` reads, if it is written as a name.
pub fn parse_var(member: &Member) -> Option<VarRead<'_>> {
    if &*member.key != "var" {
        return None;
    }
    let (name, has_default) = match &member.value.kind {
        NodeKind::Text(name) => (name, false),
        NodeKind::List(items) => match &**items {
            [
                Node {
                    kind: NodeKind::Text(name),
                    ..
                },
            ] => (name, false),
            [
                Node {
                    kind: NodeKind::Text(name),
                    ..
                },
                default,
            ] => (name, !matches!(default.kind, NodeKind::Null)),
            _ => return None,
        },
        _ => return None,
    };
    Some(VarRead {
        path: name,
        operation: member,
        has_default,
    })
}

/// The attributes of the caller that are read at or below `node`: what `$flagd` provides is none.
pub fn caller_attributes(node: &Node) -> Vec<VarRead<'_>> {
    let mut found = Vec::new();
    visit_operations(node, &mut |member| found.extend(parse_var(member)));
    found.retain(|read| !read.path.is_empty() && !is_reserved(read.path));
    found
}

/// Whether a name is not the caller's to set.
pub fn is_reserved(name: &str) -> bool {
    name == "$flagd" || name.starts_with("$flagd.")
}
