//! A document as written: values that remember where they stand.

use ecow::EcoString;
use smallvec::SmallVec;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::value::OwnedValue;

/// A value and its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it begins.
    pub position: Position,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum NodeKind {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A number; flagd reads every number as a 64-bit float.
    Number(f64),
    /// A string.
    Text(EcoString),
    /// An array.
    List(Vec<Node>),
    /// An object; keys are distinct.
    Map(Vec<Member>),
}

/// One member of an object.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its key.
    pub key: EcoString,
    /// Where the key begins.
    pub position: Position,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The members, if this is an object.
    pub fn as_map(&self) -> Option<&[Member]> {
        if let NodeKind::Map(members) = &self.kind {
            Some(members)
        } else {
            None
        }
    }

    /// The characters, if this is a string.
    pub fn as_text(&self) -> Option<&str> {
        if let NodeKind::Text(text) = &self.kind {
            Some(text)
        } else {
            None
        }
    }

    /// The only member of an object that has just one: how an operation is written.
    pub fn single_member(&self) -> Option<&Member> {
        if let Some([member]) = self.as_map() {
            Some(member)
        } else {
            None
        }
    }

    /// The type in the words of JSON.
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            NodeKind::Null => "null",
            NodeKind::Bool(_) => "a boolean",
            NodeKind::Number(_) => "a number",
            NodeKind::Text(_) => "a string",
            NodeKind::List(_) => "an array",
            NodeKind::Map(_) => "an object",
        }
    }

    /// The values directly inside this one.
    pub fn children(&self) -> impl Iterator<Item = &Node> {
        let (items, members): (&[Node], &[Member]) = match &self.kind {
            NodeKind::List(items) => (items, &[]),
            NodeKind::Map(members) => (&[], members),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => {
                (&[], &[])
            }
        };
        items.iter().chain(members.iter().map(|m| &m.value))
    }

    /// The same, to be changed.
    pub fn children_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        let (items, members): (&mut [Node], &mut [Member]) = match &mut self.kind {
            NodeKind::List(items) => (items, &mut []),
            NodeKind::Map(members) => (&mut [], members),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => {
                (&mut [], &mut [])
            }
        };
        items
            .iter_mut()
            .chain(members.iter_mut().map(|m| &mut m.value))
    }

    /// What a copy of this costs: the number of values in it, long texts counted for more.
    pub fn size(&self) -> usize {
        let text = self.as_text().map_or(0, |text| text.len() / 64);
        1 + text + self.children().map(Node::size).sum::<usize>()
    }

    /// The number of levels of arrays and objects, this one included.
    pub fn depth(&self) -> usize {
        self.children().map(|c| 1 + c.depth()).max().unwrap_or(0)
    }

    /// The value without its places.
    pub fn to_owned_value(&self) -> OwnedValue {
        match &self.kind {
            NodeKind::Null => OwnedValue::Null,
            NodeKind::Bool(b) => OwnedValue::Bool(*b),
            NodeKind::Number(n) => OwnedValue::Number(*n),
            NodeKind::Text(s) => OwnedValue::Text(s.clone()),
            NodeKind::List(items) => {
                OwnedValue::List(items.iter().map(Node::to_owned_value).collect())
            }
            NodeKind::Map(members) => {
                let owned = |m: &Member| (m.key.clone(), m.value.to_owned_value());
                OwnedValue::Map(members.iter().map(owned).collect())
            }
        }
    }
}

/// Collects the members of an object; a key that comes again replaces the earlier member.
#[derive(Debug, Default)]
pub struct ObjectBuilder {
    members: InlineVec<Member>,
    // Only objects larger than a screenful are worth an index.
    index: std::collections::HashMap<EcoString, usize>,
}

impl ObjectBuilder {
    /// Adds a member whose key is not there yet.
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

    /// Adds a member and warns if its key was there before.
    pub fn insert_or_warn(&mut self, member: Member, report: &mut DiagnosticSink) {
        let place = member.position;
        let Some(earlier) = self.index_of(&member.key) else {
            self.push(member);
            return;
        };
        if let Some(known) = self.members.get_mut(earlier) {
            let Position { line, column } = known.position;
            let message = format!("`{}` stands twice in one object", member.key);
            *known = member;
            let help = format!("the first, at {line}:{column}, does not count; remove one of them");
            report.warn(Code::DuplicateKey, place, message, help);
        }
    }

    /// Whether a member has this key.
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

/// What is collected on the stack, as long as it is little: most objects and lists are, and should take no more memory
/// than they need.
pub type InlineVec<T> = SmallVec<[T; 8]>;

/// What was collected: a few in memory of their own size, many in what they grew to.
#[inline]
pub fn into_exact_vec<T>(mut collected: InlineVec<T>) -> Vec<T> {
    if collected.spilled() {
        collected.into_vec()
    } else {
        // Not `into_vec`, which would move all the room there is.
        collected.drain(..).collect()
    }
}
