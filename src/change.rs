//! `ChangeKind`: the kinds of change to a flag between two generations.

/// The change to a flag: <https://flagd.dev/reference/specifications/protos/>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// The flag is new.
    Write,
    /// The fingerprint of the flag changed.
    Update,
    /// The flag was removed.
    Delete,
}

impl ChangeKind {
    /// The name of the change in events.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Write => "write",
            ChangeKind::Update => "update",
            ChangeKind::Delete => "delete",
        }
    }
}
