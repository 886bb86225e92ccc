//! Who may ask a replica about itself.

use std::fmt;
use std::path::Path;
use std::path::PathBuf;

use http::HeaderMap;
use http::HeaderValue;
use http::header;
use subtle::ConstantTimeEq as _;

use crate::limits;

/// Who may ask.
#[derive(Debug, Clone)]
pub enum Access {
    /// Nobody: the paths are not there.
    Off,
    /// Who knows the token in this file.
    Token(PathBuf),
    /// Everybody.
    Open,
}

/// A secret that is never printed.
pub struct Token(Vec<u8>);

/// The shortest token, in bytes: shorter ones can be guessed.
const SHORTEST: usize = 16;

impl Access {
    /// Whether anybody may ask.
    pub fn is_on(&self) -> bool {
        !matches!(self, Access::Off)
    }

    /// Whether a request with these headers may. The file is read each time, so that a token that was replaced ends; it may
    /// lie on a file system that waits.
    pub async fn admits(&self, headers: &HeaderMap) -> bool {
        let path = match self {
            Access::Off => return false,
            Access::Open => return true,
            Access::Token(path) => path.clone(),
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
        let read = tokio::task::spawn_blocking(move || Token::read(&path)).await;
        match read {
            Ok(Ok(token)) => token.is(given),
            Ok(Err(why)) => {
                tracing::error!(
                    why,
                    "the token of the debug endpoints cannot be read; nobody is let in"
                );
                false
            }
            Err(_) => false,
        }
    }
}

impl Token {
    /// The token in a file, without white space around it.
    ///
    /// # Errors
    /// If the file cannot be read, or holds no token.
    pub fn read(path: &Path) -> Result<Token, String> {
        let size = std::fs::metadata(path)
            .map_err(|error| error.to_string())?
            .len();
        if size > limits::TOKEN {
            return Err(format!("it is larger than {} bytes", limits::TOKEN));
        }
        let text = std::fs::read(path).map_err(|error| error.to_string())?;
        let token = text.trim_ascii();
        if token.len() < SHORTEST {
            return Err(format!("a token has at least {SHORTEST} characters"));
        }
        Ok(Token(token.to_vec()))
    }

    /// Whether `given` is the token. How long that takes says nothing but how long the token is.
    pub fn is(&self, given: &[u8]) -> bool {
        self.0.as_slice().ct_eq(given).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_all_of_itself() {
        let token = Token(b"0123456789abcdef".to_vec());
        assert!(token.is(b"0123456789abcdef"));
        for other in [
            &b""[..],
            b"0123456789abcde",
            b"0123456789abcdeF",
            b"0123456789abcdef0",
        ] {
            assert!(!token.is(other));
        }
        assert_eq!(format!("{token:?}"), "Token(…)");
    }
}
