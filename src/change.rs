//! What can happen to a flag between two generations.

/// What happened to a flag. <https://flagd.dev/reference/specifications/protos/>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Write,
    /// It answers differently.
    Update,
    /// It is gone.
    Delete,
}

impl Change {
    /// The change as an event names it.
    pub fn text(self) -> &'static str {
        match self {
            Change::Write => "write",
            Change::Update => "update",
            Change::Delete => "delete",
        }
    }
}
