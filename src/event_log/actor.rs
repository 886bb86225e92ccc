//! `Actor`: the person or program that caused an event.

/// The person or program that caused an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor {
    /// The kind of actor.
    pub kind: ActorKind,
    /// The name, such as the name of a token or the path of a file.
    pub name: String,
}

/// The kind of an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ActorKind {
    /// A person.
    Person,
    /// A pipeline or another program with a token of its own.
    Automation,
    /// An authored file that changed.
    File,
    /// The control plane itself.
    System,
}

impl ActorKind {
    /// All kinds.
    pub const ALL: [ActorKind; 4] = [
        ActorKind::Person,
        ActorKind::Automation,
        ActorKind::File,
        ActorKind::System,
    ];

    /// The name in events, which does not change between releases.
    pub fn name(self) -> &'static str {
        match self {
            ActorKind::Person => "person",
            ActorKind::Automation => "automation",
            ActorKind::File => "file",
            ActorKind::System => "system",
        }
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<ActorKind> {
        ActorKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
