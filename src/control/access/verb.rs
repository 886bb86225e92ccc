//! `Verb`: what a grant allows.

/// What a grant allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// See flags, evaluate them, and follow changes. Every other verb includes it.
    Read,
    /// Ask for a change that somebody else approves.
    Propose,
    /// Change anything. Includes `Propose` and `Kill`.
    Write,
    /// Approve what somebody else asks for.
    Approve,
    /// Take exposure away: kill, pause and freeze. More people hold it than `Write`, because it cannot release anything.
    Kill,
}

impl Verb {
    /// All verbs.
    pub const ALL: [Verb; 5] = [
        Verb::Read,
        Verb::Propose,
        Verb::Write,
        Verb::Approve,
        Verb::Kill,
    ];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Read => "read",
            Verb::Propose => "propose",
            Verb::Write => "write",
            Verb::Approve => "approve",
            Verb::Kill => "kill",
        }
    }

    /// The verb of this name.
    pub fn parse(name: &str) -> Option<Verb> {
        Verb::ALL.into_iter().find(|verb| verb.name() == name)
    }

    /// Returns true if who holds this verb may do what `asked` names.
    pub fn includes(self, asked: Verb) -> bool {
        match (self, asked) {
            (_, Verb::Read) | (Verb::Write, Verb::Propose | Verb::Kill) => true,
            (held, asked) => held == asked,
        }
    }
}
