//! `ObjectBuilder`: collects the members of an object and reports duplicate keys.

use ecow::EcoString;
use smallvec::SmallVec;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::Severity;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The members of an object under construction; a duplicate key replaces the earlier member.
#[derive(Debug, Default)]
pub struct ObjectBuilder {
    members: InlineVec<Member>,
    // Filled for objects of more than 16 members: below that a linear search is faster.
    index: std::collections::HashMap<EcoString, usize>,
}

impl ObjectBuilder {
    /// Adds a member with a new key.
    pub fn push(&mut self, member: Member) {
        if self.members.len() == 16 {
            let keys = self.members.iter().enumerate();
            self.index = keys.map(|(i, m)| (m.key.clone(), i)).collect();
        }
        if self.members.len() >= 16 {
            self.index.insert(member.key.clone(), self.members.len());
        }
        self.members.push(member);
    }

    /// Adds a member, or replaces the one of the same key with a warning.
    pub fn insert_or_warn(&mut self, member: Member, report: &mut DiagnosticSink) {
        let position = member.position;
        let Some(earlier) = self.index_of(&member.key) else {
            self.push(member);
            return;
        };
        if let Some(known) = self.members.get_mut(earlier) {
            let Position { line, column } = known.position;
            let message = format!("duplicate key `{}` in one object", member.key);
            let severity = severity(&known.value, &member.value);
            *known = member;
            let help = format!(
                "the first one, at {line}:{column}, is ignored; rename or remove one of them"
            );
            report.push(severity, Code::DuplicateKey, position, message, help);
        }
    }

    /// Returns true if a member has this key.
    pub fn contains(&self, key: &str) -> bool {
        self.index_of(key).is_some()
    }

    fn index_of(&self, key: &str) -> Option<usize> {
        if self.members.len() > 16 {
            self.index.get(key).copied()
        } else {
            self.members.iter().position(|m| *m.key == *key)
        }
    }

    /// The object.
    pub fn finish(self) -> NodeKind {
        NodeKind::Map(into_exact_vec(self.members))
    }
}

/// The severity of a duplicate: an error for two different flags, of which one is lost.
fn severity(first: &Node, last: &Node) -> Severity {
    let are_flags = [first, last]
        .iter()
        .all(|node| node.member_ignore_case("variants").is_some());
    if are_flags && first.to_owned_value() != last.to_owned_value() {
        Severity::Error
    } else {
        Severity::Warning
    }
}

/// A vector that stores up to eight elements inline; most objects and lists have no more.
pub type InlineVec<T> = SmallVec<[T; 8]>;

/// Moves the elements into a vector: of exact capacity if they are on the stack, otherwise with their heap allocation.
#[inline]
pub fn into_exact_vec<T>(mut collected: InlineVec<T>) -> Vec<T> {
    if collected.spilled() {
        collected.into_vec()
    } else {
        // `into_vec` would reserve the capacity of the inline array.
        collected.drain(..).collect()
    }
}
