//! `ReadSet`: the attributes of the evaluation context that a flag's rules read.

/// The attributes that the rules of a flag read, as a tree of names.
///
/// Every path has a slot. The decoder scans the bytes of a request once along this tree, fills the slots and skips the
/// rest.
#[derive(Debug, Clone, Default)]
pub struct ReadSet {
    /// The top-level attributes, sorted by name.
    pub roots: Box<[AttributeNode]>,
    /// The number of slots.
    pub slot_count: usize,
    /// The flag's key, if a rule reads the full context, which contains it.
    pub full_context_flag_key: Option<Box<str>>,
    /// True if a rule reads `$flagd.timestamp`.
    pub reads_timestamp: bool,
}

impl ReadSet {
    /// The top-level attribute called `name`, if it is read.
    pub fn root(&self, name: &[u8]) -> Option<&AttributeNode> {
        find_node(&self.roots, name)
    }
}

/// One attribute that is read: itself, some of its members, or both.
#[derive(Debug, Clone)]
pub struct AttributeNode {
    /// The attribute's name.
    pub name: Box<str>,
    /// The slot of the attribute itself, if it is read as a whole.
    pub slot: Option<u16>,
    /// Members that are read, sorted by name.
    pub children: Box<[AttributeNode]>,
}

impl AttributeNode {
    /// The member called `name`, if it is read.
    pub fn child(&self, name: &[u8]) -> Option<&AttributeNode> {
        find_node(&self.children, name)
    }
}

// Up to this many attributes, which is more than most flags read, a linear search is the fastest: it compares lengths
// first.
const LINEAR_MAX: usize = 16;

fn find_node<'r>(nodes: &'r [AttributeNode], name: &[u8]) -> Option<&'r AttributeNode> {
    if nodes.len() > LINEAR_MAX {
        return search_sorted(nodes, name);
    }
    nodes.iter().find(|node| node.name.as_bytes() == name)
}

#[cold]
fn search_sorted<'r>(nodes: &'r [AttributeNode], name: &[u8]) -> Option<&'r AttributeNode> {
    let index = nodes.binary_search_by(|node| node.name.as_bytes().cmp(name));
    nodes.get(index.ok()?)
}
