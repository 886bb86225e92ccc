//! Bearer tokens: in the header of a request, and in a file of the operator.

use std::fmt;
use std::path::Path;

use http::HeaderMap;
use http::header;
use subtle::ConstantTimeEq as _;

use crate::limits;
use crate::regular_file;

/// The shortest token, in bytes: shorter ones can be guessed.
const MIN_TOKEN_LENGTH: usize = 16;

/// A secret that is never printed.
pub struct BearerToken(Vec<u8>);

/// The tokens that are valid at the same time, at least one.
#[derive(Debug)]
pub struct BearerTokens(Vec<BearerToken>);

/// Returns the token of a request.
///
/// # Errors
/// If the request has no token, or more than one `Authorization` header: the reason, for the caller.
pub fn from_headers(headers: &HeaderMap) -> Result<&[u8], &'static str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => {
            return Err(
                "a bearer token is required: send the header `authorization: Bearer TOKEN`",
            );
        }
        (Some(_), Some(_)) => return Err("the request has several `authorization` headers"),
        (Some(value), None) => value.as_bytes(),
    };
    // The name of a scheme ignores case: <https://www.rfc-editor.org/rfc/rfc9110#section-11.1>
    let token = value
        .split_at_checked(7)
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"bearer "))
        .map(|(_, token)| token.trim_ascii());
    token
        .filter(|token| !token.is_empty())
        .ok_or("the `authorization` header has no bearer token: send `Bearer TOKEN`")
}

impl BearerToken {
    /// The token in a file, without white space around it.
    ///
    /// # Errors
    /// If the file cannot be read, or its token is too long or too short.
    pub fn read(path: &Path) -> Result<BearerToken, String> {
        let text = regular_file::read(path, limits::TOKEN_FILE);
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

impl BearerTokens {
    /// Parses the content of a file: one token a line. Empty lines, and lines that begin with `#`, are skipped.
    ///
    /// # Errors
    /// If there is no token, there are too many, or a line is not a token. The text has no part of a token.
    pub fn parse(text: &[u8]) -> Result<BearerTokens, String> {
        let mut tokens = Vec::new();
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            validate(line).map_err(|why| format!("line {}: {why}", index + 1))?;
            tokens.push(BearerToken(line.to_vec()));
        }
        match tokens.len() {
            // Without a token, either nobody or everybody would have access; both are probably mistakes.
            0 => Err("the file contains no token".to_owned()),
            count if count > limits::BEARER_TOKENS => {
                let most = limits::BEARER_TOKENS;
                Err(format!("{count} tokens; at most {most} are allowed"))
            }
            _ => Ok(BearerTokens(tokens)),
        }
    }

    /// Returns true if `given` is one of the tokens. All are compared, so that the time does not tell which one matched.
    pub fn matches(&self, given: &[u8]) -> bool {
        let tokens = self.0.iter();
        tokens.fold(false, |matched, token| token.matches(given) | matched)
    }

    /// Returns the number of tokens.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// Checks that a line is a token that clients can send in a header.
fn validate(token: &[u8]) -> Result<(), String> {
    if token.len() < MIN_TOKEN_LENGTH {
        return Err(format!(
            "the token is shorter than {MIN_TOKEN_LENGTH} bytes"
        ));
    }
    if token.iter().all(u8::is_ascii_graphic) {
        Ok(())
    } else {
        Err("a token consists of visible ASCII characters, without spaces".to_owned())
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
    use http::HeaderValue;

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

    #[test]
    fn file_has_one_token_a_line_and_comments() {
        let text = b"# old\n0123456789abcdef\r\n\n  # new\n fedcba9876543210 ";
        let tokens = BearerTokens::parse(text).expect("tokens");
        assert_eq!(tokens.count(), 2);
        assert!(tokens.matches(b"0123456789abcdef") && tokens.matches(b"fedcba9876543210"));
        assert!(!tokens.matches(b"# old") && !tokens.matches(b""));
        let many = "0123456789abcdef\n".repeat(limits::BEARER_TOKENS + 1);
        for (text, why) in [
            ("", "the file contains no token"),
            ("\n# comment\n", "the file contains no token"),
            ("\nhush", "line 2: the token is shorter than 16 bytes"),
            (
                "hush hush hush hush hush",
                "line 1: a token consists of visible ASCII characters, without spaces",
            ),
            (many.as_str(), "101 tokens; at most 100 are allowed"),
        ] {
            let error = BearerTokens::parse(text.as_bytes()).expect_err("a mistake");
            assert_eq!(error, why);
        }
    }

    #[test]
    fn header_must_be_one_bearer_token() {
        let parse = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            from_headers(&headers).map(<[u8]>::to_vec).ok()
        };
        for value in ["Bearer t", "bearer t", "BEARER  t "] {
            assert_eq!(parse(&[value]).as_deref(), Some(&b"t"[..]), "{value}");
        }
        for values in [
            &[][..],
            &[""],
            &["t"],
            &["Bearer"],
            &["Bearer "],
            &["Basic t"],
            &["Bearert"],
            &["Bearer t", "Bearer t"],
        ] {
            assert_eq!(parse(values), None, "{values:?}");
        }
    }
}
