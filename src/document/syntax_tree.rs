//! Syntax tree of YAML and JSON: values with their positions.

pub mod object_builder;

use ecow::EcoString;

use crate::diag::Position;
use crate::value::OwnedValue;

/// A value and its position.
#[derive(Debug, Clone)]
pub struct Node {
    /// The position of the first character.
    pub position: Position,
    /// The value.
    pub kind: NodeKind,
}

/// The value of a node.
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
    /// The key.
    pub key: EcoString,
    /// The position of the key.
    pub position: Position,
    /// The value.
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

    /// The items of an array; null counts as an empty list, any other value as a list of one.
    pub fn items_or_self(&self) -> &[Node] {
        match &self.kind {
            NodeKind::List(items) => items,
            NodeKind::Null => &[],
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) | NodeKind::Map(_) => {
                std::slice::from_ref(self)
            }
        }
    }

    /// The only member of an object with one member: the form of an operation.
    pub fn single_member(&self) -> Option<&Member> {
        if let Some([member]) = self.as_map() {
            Some(member)
        } else {
            None
        }
    }

    /// The value of the member called `name`, if this is an object that has one.
    pub fn member(&self, name: &str) -> Option<&Node> {
        let mut members = self.as_map()?.iter();
        members.rfind(|m| *m.key == *name).map(|m| &m.value)
    }

    /// The value of the last member called `name`, ignoring case, as flagd looks up the members of flags.
    pub fn member_ignore_case(&self, name: &str) -> Option<&Node> {
        let mut members = self.as_map()?.iter();
        let found = members.rfind(|m| m.key.eq_ignore_ascii_case(name));
        found.map(|m| &m.value)
    }

    /// The JSON type with its article.
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

    /// The direct children.
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

    /// [`Node::children`], mutable.
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

    /// Replaces all positions.
    pub fn map_positions(&mut self, map: &impl Fn(Position) -> Position) {
        self.position = map(self.position);
        if let NodeKind::Map(members) = &mut self.kind {
            for member in members {
                member.position = map(member.position);
            }
        }
        self.children_mut()
            .for_each(|child| child.map_positions(map));
    }

    /// The last line on which a value of this node begins.
    pub fn last_line(&self) -> u32 {
        let lines = self.children().map(Node::last_line);
        lines.max().unwrap_or(0).max(self.position.line)
    }

    /// The cost of a copy: the number of values in this node, plus one for each 64 bytes of text.
    pub fn size(&self) -> usize {
        let text = self.as_text().map_or(0, |text| text.len() / 64);
        1 + text + self.children().map(Node::size).sum::<usize>()
    }

    /// The nesting depth: 0 for a scalar or an empty collection.
    pub fn depth(&self) -> usize {
        self.children().map(|c| 1 + c.depth()).max().unwrap_or(0)
    }

    /// The value without positions.
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
