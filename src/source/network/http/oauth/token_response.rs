//! Parses the JSON response of an OAuth token endpoint.

use std::time::Duration;
use std::time::Instant;

use http::HeaderValue;

use crate::diag::DiagnosticSink;
use crate::document::json_parser;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// An access token.
pub struct AccessToken {
    /// The `Authorization` header with the token.
    pub authorization: HeaderValue,
    expires_at: Option<Instant>,
}

impl AccessToken {
    /// Returns true if the token has not expired at `instant`.
    pub fn is_valid_at(&self, instant: Instant) -> bool {
        self.expires_at
            .is_none_or(|expires_at| expires_at > instant)
    }
}

/// Returns the token in a response that was received at `now`.
///
/// # Errors
/// If the response has no token.
pub fn parse(response: &str, now: Instant) -> Result<AccessToken, &'static str> {
    let mut diagnostics = DiagnosticSink::new("token".into());
    let node = json_parser::parse(response, &mut diagnostics).ok_or("the response is not JSON")?;
    let text = |name: &str| find_member(&node, name).and_then(Node::as_text);
    let token = text("access_token").filter(|token| !token.is_empty());
    let token = token.ok_or("the response has no access_token")?;
    let scheme = match text("token_type") {
        None | Some("") => "Bearer",
        Some(scheme) if scheme.eq_ignore_ascii_case("bearer") => "Bearer",
        Some(scheme) => scheme,
    };
    let authorization = HeaderValue::from_str(&format!("{scheme} {token}"));
    let mut authorization = authorization.map_err(|_| "the token is not a valid header value")?;
    authorization.set_sensitive(true);
    Ok(AccessToken {
        authorization,
        expires_at: lifetime(&node).and_then(|lifetime| now.checked_add(lifetime)),
    })
}

fn lifetime(response: &Node) -> Option<Duration> {
    let seconds: f64 = match &find_member(response, "expires_in")?.kind {
        NodeKind::Number(seconds) => *seconds,
        NodeKind::Text(seconds) => seconds.parse().ok()?,
        _ => return None,
    };
    let seconds = Some(seconds).filter(|seconds| *seconds > 0.0)?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn find_member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let members = node.as_map()?;
    members.iter().find(|m| *m.key == *name).map(|m| &m.value)
}
