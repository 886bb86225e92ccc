//! The location of flags: files, or the management endpoint of a running replica.

use std::fmt;
use std::path::PathBuf;

/// The location of flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlagLocation {
    /// Flag files, directories or globs; later ones win.
    Files(Vec<PathBuf>),
    /// A running replica.
    Replica(ReplicaEndpoint),
}

/// The management endpoint of a replica, and the token for it.
#[derive(Clone, PartialEq, Eq)]
pub struct ReplicaEndpoint {
    /// The URL of the management port.
    pub url: String,
    /// The bearer token of the debug endpoints.
    pub token: Option<String>,
}

// Without the token, which is a secret.
impl fmt::Debug for ReplicaEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplicaEndpoint")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
