//! `Backlog`: the kills that are published and not journalled.

/// The kills that are published and not journalled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Their number.
    pub kills: usize,
    /// Why the last attempt to journal one of them failed.
    pub error: Option<String>,
}
