//! What can happen to a flag between two generations.

/// What happened to a flag. <https://flagd.dev/reference/specifications/protos/>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Write,
    /// It answers differently.
    Update,
    /// It is gone.
    Delete,
}

impl ChangeKind {
    /// The change as an event names it.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Write => "write",
            ChangeKind::Update => "update",
            ChangeKind::Delete => "delete",
        }
    }
}
