//! Access to the debug endpoints: off, with a bearer token from a file, or open.

use std::fmt;
use std::path::Path;
use std::path::PathBuf;

use http::HeaderMap;
use http::HeaderValue;
use http::header;
use subtle::ConstantTimeEq as _;

use crate::limits;
use crate::regular_file;

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

/// A secret that is never printed.
pub struct BearerToken(Vec<u8>);

/// The shortest token, in bytes: shorter ones can be guessed.
const MIN_TOKEN_LENGTH: usize = 16;

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
        let given = headers
            .get(header::AUTHORIZATION)
            .map(HeaderValue::as_bytes);
        let given = given.and_then(|value| {
            let (scheme, token) = value.split_at_checked(7)?;
            scheme
                .eq_ignore_ascii_case(b"bearer ")
                .then_some(token.trim_ascii())
        });
        let Some(given) = given else {
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

impl BearerToken {
    /// The token in a file, without white space around it.
    ///
    /// # Errors
    /// If the file cannot be read, or its token is too long or too short.
    pub fn read(path: &Path) -> Result<BearerToken, String> {
        let text = regular_file::read(path, limits::TOKEN_RESPONSE);
        let text = text.map_err(|error| error.to_string())?;
        let token = text.trim_ascii();
        if token.len() < MIN_TOKEN_LENGTH {
            return Err(format!("token is shorter than {MIN_TOKEN_LENGTH} bytes"));
        }
        Ok(BearerToken(token.to_vec()))
    }

    /// Returns true if `given` is the token. The time of the comparison depends only on the two lengths.
    pub fn matches(&self, given: &[u8]) -> bool {
        self.0.as_slice().ct_eq(given).into()
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_must_match_exactly() {
        let token = BearerToken(b"0123456789abcdef".to_vec());
        assert!(token.matches(b"0123456789abcdef"));
        for other in [
            &b""[..],
            b"0123456789abcde",
            b"0123456789abcdeF",
            b"0123456789abcdef0",
        ] {
            assert!(!token.matches(other));
        }
        assert_eq!(format!("{token:?}"), "Token(…)");
    }
}
