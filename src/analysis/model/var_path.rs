//! Attribute paths of `var` operations: parsing, normalization, and the reserved `$flagd` paths.

use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The path of the evaluation time.
pub const TIMESTAMP_PATH: &str = "$flagd.timestamp";

/// A path without its empty steps, which evaluation ignores.
pub fn normalize_path(name: &str) -> String {
    let steps: Vec<&str> = name.split('.').filter(|step| !step.is_empty()).collect();
    steps.join(".")
}

/// A `var` operation with a constant path.
#[derive(Debug, Clone, Copy)]
pub struct VarRead<'n> {
    /// The path, its steps joined by dots.
    pub path: &'n str,
    /// The operation.
    pub operation: &'n Member,
    /// True if the `var` has a default other than null.
    pub has_default: bool,
}

/// Parses a `var` operation with a constant path.
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

/// Returns true if a path is reserved: flagd sets it, not the caller.
pub fn is_reserved(name: &str) -> bool {
    name == "$flagd" || name.starts_with("$flagd.")
}

/// The normalized path of a node that is a `var` and nothing else.
pub fn constant_var_path(node: &Node) -> Option<String> {
    let member = node
        .single_member()
        .filter(|member| &*member.key == "var")?;
    let name = member.arguments().first()?.as_text()?;
    Some(normalize_path(name)).filter(|name| !name.is_empty())
}
