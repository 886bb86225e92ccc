//! Routes of the debug endpoints, by path, and the methods that each allows.

use percent_encoding::percent_decode_str;

/// The resource of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DebugRoute {
    /// The evaluation of all flags.
    Flags,
    /// The evaluation of one flag.
    Flag(String),
    /// The definitions of all flags.
    Definitions,
    /// The status of the sources.
    Sources,
}

impl DebugRoute {
    /// Parses a path. A key is one segment, which may contain escaped slashes.
    pub fn parse(path: &str) -> Option<DebugRoute> {
        match path.strip_prefix("/debug/")? {
            "flags" | "flags/" => Some(DebugRoute::Flags),
            // Two names for one resource, which reports the sync state of the sources.
            "sources" | "sync" => Some(DebugRoute::Sources),
            "definitions" => Some(DebugRoute::Definitions),
            rest => {
                let key = rest
                    .strip_prefix("flags/")
                    .filter(|key| !key.contains('/'))?;
                let key = percent_decode_str(key).decode_utf8().ok()?;
                Some(DebugRoute::Flag(key.into_owned()))
            }
        }
    }

    /// Returns true if a context may be posted to the resource.
    pub fn allows_post(&self) -> bool {
        match self {
            DebugRoute::Flags | DebugRoute::Flag(_) => true,
            DebugRoute::Definitions | DebugRoute::Sources => false,
        }
    }
}
