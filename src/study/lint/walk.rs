//! Goes over a rule as written: which operations stand in it, and what they read.

use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::rule::expr::Expr;

/// Visits every operation at or below `node`, outer ones first. What list operations run over their items is left out:
/// what it reads are the items' members.
pub fn operations<'n>(node: &'n Node, visit: &mut impl FnMut(&'n Member)) {
    match Expr::of(node) {
        Expr::Value(_) => {}
        Expr::List(items) => items.iter().for_each(|item| operations(item, visit)),
        Expr::Operation(member) => {
            visit(member);
            match &member.value.kind {
                Kind::List(items) if is_each(&member.key) => {
                    items
                        .iter()
                        .take(1)
                        .for_each(|item| operations(item, visit));
                }
                _ => operations(&member.value, visit),
            }
        }
    }
}

fn is_each(name: &str) -> bool {
    matches!(name, "map" | "filter" | "reduce" | "all" | "some" | "none")
}

/// An attribute that a rule reads.
#[derive(Debug, Clone, Copy)]
pub struct Read<'n> {
    /// Its name, with dots between the steps of a path.
    pub name: &'n str,
    /// The operation that reads it.
    pub member: &'n Member,
    /// Whether something else counts when it is not there.
    pub has_default: bool,
}

/// What a `var` reads, if it is written as a name.
pub fn read(member: &Member) -> Option<Read<'_>> {
    if &*member.key != "var" {
        return None;
    }
    let (name, has_default) = match &member.value.kind {
        Kind::Text(name) => (name, false),
        Kind::List(items) => match &**items {
            [
                Node {
                    kind: Kind::Text(name),
                    ..
                },
            ] => (name, false),
            [
                Node {
                    kind: Kind::Text(name),
                    ..
                },
                default,
            ] => (name, !matches!(default.kind, Kind::Null)),
            _ => return None,
        },
        _ => return None,
    };
    Some(Read {
        name,
        member,
        has_default,
    })
}

/// The attributes of the caller that are read at or below `node`: what `$flagd` provides is none.
pub fn attributes(node: &Node) -> Vec<Read<'_>> {
    let mut found = Vec::new();
    operations(node, &mut |member| found.extend(read(member)));
    found.retain(|read| !read.name.is_empty() && !is_ours(read.name));
    found
}

/// Whether a name is not the caller's to set.
pub fn is_ours(name: &str) -> bool {
    name == "$flagd" || name.starts_with("$flagd.")
}
