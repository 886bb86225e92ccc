//! Access to the debug endpoints: off, with a bearer token from a file, or open.

use std::path::PathBuf;

use http::HeaderMap;

use crate::serve::http::auth::bearer_token;
use crate::serve::http::auth::bearer_token::BearerToken;

/// The clients that have access.
#[derive(Debug, Clone)]
pub enum DebugAccess {
    /// No clients: the paths are not found.
    Off,
    /// The clients that send the token in this file.
    BearerTokenFile(PathBuf),
    /// All clients.
    Open,
}

impl DebugAccess {
    /// Returns true if any client has access.
    pub fn is_enabled(&self) -> bool {
        !matches!(self, DebugAccess::Off)
    }

    /// Returns true if a request with these headers has access. The file is read for each request, so that a replaced
    /// token is rejected, and on a blocking thread, because the file system may be slow.
    pub async fn authorizes(&self, headers: &HeaderMap) -> bool {
        let path = match self {
            DebugAccess::Off => return false,
            DebugAccess::Open => return true,
            DebugAccess::BearerTokenFile(path) => path.clone(),
        };
        let Ok(given) = bearer_token::from_headers(headers) else {
            return false;
        };
        let read = tokio::task::spawn_blocking(move || BearerToken::read(&path)).await;
        match read {
            Ok(Ok(token)) => token.matches(given),
            Ok(Err(why)) => {
                tracing::error!(
                    why,
                    "cannot read the token of the debug endpoints: all their requests are rejected"
                );
                false
            }
            Err(_) => false,
        }
    }
}
