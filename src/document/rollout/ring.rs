//! `Rings`: the named groups of contexts of a document, the innermost first.

use ecow::EcoString;

use crate::diag::Position;
use crate::document::syntax_tree::Node;

/// The rings of one document, in their order.
#[derive(Debug, Clone, Default)]
pub struct Rings {
    /// The rings; names are distinct.
    pub rings: Vec<Ring>,
}

/// One ring.
#[derive(Debug, Clone)]
pub struct Ring {
    /// The name: contexts whose attribute `ring` equals the name belong to the ring.
    pub name: EcoString,
    /// The position of the name.
    pub position: Position,
    /// Contexts that meet this condition belong to the ring, too.
    pub condition: Option<Node>,
}

impl Rings {
    /// The names of all rings, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rings.iter().map(|ring| &*ring.name)
    }

    /// The ring of this name.
    pub fn find(&self, name: &str) -> Option<&Ring> {
        self.rings.iter().find(|ring| *ring.name == *name)
    }
}
