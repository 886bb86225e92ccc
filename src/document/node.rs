//! A document as written: values that remember where they stand.

use ecow::EcoString;
use smallvec::SmallVec;

use crate::diag::Code;
use crate::diag::Place;
use crate::diag::Report;
use crate::value::Literal;

/// A value and its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Kind {
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
    pub place: Place,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The members, if this is an object.
    pub fn as_map(&self) -> Option<&[Member]> {
        if let Kind::Map(members) = &self.kind {
            Some(members)
        } else {
            None
        }
    }

    /// The characters, if this is a string.
    pub fn as_text(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind {
            Some(text)
        } else {
            None
        }
    }

    /// The only member of an object that has just one: how an operation is written.
    pub fn only_member(&self) -> Option<&Member> {
        if let Some([member]) = self.as_map() {
            Some(member)
        } else {
            None
        }
    }

    /// The type in the words of JSON.
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a string",
            Kind::List(_) => "an array",
            Kind::Map(_) => "an object",
        }
    }

    /// The values directly inside this one.
    pub fn children(&self) -> impl Iterator<Item = &Node> {
        let (items, members): (&[Node], &[Member]) = match &self.kind {
            Kind::List(items) => (items, &[]),
            Kind::Map(members) => (&[], members),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => (&[], &[]),
        };
        items.iter().chain(members.iter().map(|m| &m.value))
    }

    /// The same, to be changed.
    pub fn children_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        let (items, members): (&mut [Node], &mut [Member]) = match &mut self.kind {
            Kind::List(items) => (items, &mut []),
            Kind::Map(members) => (&mut [], members),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => (&mut [], &mut []),
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
    pub fn to_literal(&self) -> Literal {
        match &self.kind {
            Kind::Null => Literal::Null,
            Kind::Bool(b) => Literal::Bool(*b),
            Kind::Number(n) => Literal::Number(*n),
            Kind::Text(s) => Literal::Text(s.clone()),
            Kind::List(items) => Literal::List(items.iter().map(Node::to_literal).collect()),
            Kind::Map(members) => {
                let owned = |m: &Member| (m.key.clone(), m.value.to_literal());
                Literal::Map(members.iter().map(owned).collect())
            }
        }
    }
}

/// Collects the members of an object; a key that comes again replaces the earlier member.
#[derive(Debug, Default)]
pub struct Members {
    members: Few<Member>,
    // Only objects larger than a screenful are worth an index.
    index: std::collections::HashMap<EcoString, usize>,
}

impl Members {
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
    pub fn insert_once(&mut self, member: Member, report: &mut Report) {
        let place = member.place;
        let Some(earlier) = self.position(&member.key) else {
            self.push(member);
            return;
        };
        if let Some(known) = self.members.get_mut(earlier) {
            let Place { line, column } = known.place;
            let message = format!("`{}` stands twice in one object", member.key);
            *known = member;
            let help = format!("the first, at {line}:{column}, does not count; remove one of them");
            report.warn(Code::DuplicateKey, place, message, help);
        }
    }

    /// Whether a member has this key.
    pub fn contains(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    fn position(&self, key: &str) -> Option<usize> {
        if self.members.len() > 16 {
            self.index.get(key).copied()
        } else {
            self.members.iter().position(|m| *m.key == *key)
        }
    }

    /// The object.
    pub fn finish(self) -> Kind {
        Kind::Map(exact(self.members))
    }
}

/// What is collected on the stack, as long as it is little: most objects and lists are, and should take no more memory
/// than they need.
pub type Few<T> = SmallVec<[T; 8]>;

/// What was collected: a few in memory of their own size, many in what they grew to.
#[inline]
pub fn exact<T>(mut collected: Few<T>) -> Vec<T> {
    if collected.spilled() {
        collected.into_vec()
    } else {
        // Not `into_vec`, which would move all the room there is.
        collected.drain(..).collect()
    }
}
