//! Patches the syntax tree of a file, and lists the edits of its text that have the same effect.

use std::collections::BTreeMap;

use crate::control::model::flag_state::FlagState;
use crate::control::model::flag_state::RolloutOverride;
use crate::diag::Position;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// An edit of a text.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Replaces the value that begins at a position.
    Replace {
        /// The position of the value.
        at: Position,
        /// The new value.
        value: Node,
    },
    /// Inserts a member before the first member of an object.
    Insert {
        /// The position of the first member's key.
        before: Position,
        /// The position of the object.
        object: Position,
        /// The name of the member.
        name: &'static str,
        /// Its value.
        value: Node,
    },
    /// Removes a member; no text edit does that.
    Remove,
}

/// Writes the overrides into the flags of a document.
pub fn patch_document(document: &mut Node, decided: &BTreeMap<&str, FlagState>) -> Vec<Edit> {
    let mut edits = Vec::new();
    let Some(flags) = member_mut(document, "flags") else {
        return edits;
    };
    match &mut flags.kind {
        NodeKind::Map(flags) => {
            for flag in flags {
                if let Some(state) = decided.get(&*flag.key) {
                    patch_flag(&mut flag.value, state, &mut edits);
                }
            }
        }
        NodeKind::List(flags) => {
            for flag in flags {
                let key = flag.member_ignore_case("key").and_then(Node::as_text);
                if let Some(state) = key.and_then(|key| decided.get(key)) {
                    patch_flag(flag, state, &mut edits);
                }
            }
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => {}
    }
    edits
}

fn patch_flag(flag: &mut Node, state: &FlagState, edits: &mut Vec<Edit>) {
    if state.killed.is_some() {
        set_member(flag, "kill", NodeKind::Bool(true), edits);
    }
    let Some(rollout) = member_mut(flag, "rollout") else {
        return;
    };
    for (index, overridden) in &state.rollouts {
        let rollout = match &mut rollout.kind {
            NodeKind::List(rollouts) => rollouts.get_mut(*index),
            NodeKind::Map(_) if *index == 0 => Some(&mut *rollout),
            _ => None,
        };
        if let Some(rollout) = rollout {
            patch_rollout(rollout, overridden, edits);
        }
    }
}

fn patch_rollout(rollout: &mut Node, overridden: &RolloutOverride, edits: &mut Vec<Edit>) {
    // Inserted members come before the first one: the last insertion is the first member.
    for (name, list) in [
        ("deny", &overridden.deny),
        ("allow", &overridden.allow),
        ("rings", &overridden.rings),
    ] {
        if let Some(list) = list {
            let items = list.iter().map(|text| node(NodeKind::Text(text.into())));
            set_member(rollout, name, NodeKind::List(items.collect()), edits);
        }
    }
    if let Some(percentage) = overridden.percentage {
        set_member(rollout, "percentage", NodeKind::Number(percentage), edits);
        remove_member(rollout, "ramp", edits);
    }
}

fn set_member(object: &mut Node, name: &'static str, kind: NodeKind, edits: &mut Vec<Edit>) {
    let value = node(kind);
    let object_position = object.position;
    let NodeKind::Map(members) = &mut object.kind else {
        return;
    };
    let known = members
        .iter_mut()
        .rfind(|m| m.key.eq_ignore_ascii_case(name));
    if let Some(member) = known {
        if member.value.to_owned_value() != value.to_owned_value() {
            edits.push(Edit::Replace {
                at: member.value.position,
                value: value.clone(),
            });
            member.value = value;
        }
        return;
    }
    // The first member of the text: members that were inserted before have no position of their own.
    let first = members
        .iter()
        .find(|member| member.position != Position::START);
    edits.push(match first {
        Some(first) => Edit::Insert {
            before: first.position,
            object: object_position,
            name,
            value: value.clone(),
        },
        None => Edit::Remove,
    });
    members.insert(
        0,
        Member {
            key: name.into(),
            position: Position::START,
            value,
        },
    );
}

fn remove_member(object: &mut Node, name: &str, edits: &mut Vec<Edit>) {
    if let NodeKind::Map(members) = &mut object.kind {
        let count = members.len();
        members.retain(|member| !member.key.eq_ignore_ascii_case(name));
        if members.len() < count {
            edits.push(Edit::Remove);
        }
    }
}

fn member_mut<'n>(object: &'n mut Node, name: &str) -> Option<&'n mut Node> {
    let NodeKind::Map(members) = &mut object.kind else {
        return None;
    };
    let found = members
        .iter_mut()
        .rfind(|m| m.key.eq_ignore_ascii_case(name));
    found.map(|member| &mut member.value)
}

fn node(kind: NodeKind) -> Node {
    Node {
        position: Position::START,
        kind,
    }
}
