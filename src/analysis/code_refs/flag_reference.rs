//! A reference to a flag in source code: the key and its offset.

/// A key that a call names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagReference {
    /// The key.
    pub key: String,
    /// The offset of the string.
    pub offset: usize,
}
