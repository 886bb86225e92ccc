//! OAuth 2 client credentials: tokens for the requests of a source. Without a token there is no request.

use std::fmt;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use http::HeaderValue;
use http::header;
use reqwest::Url;

use crate::diag::DiagnosticSink;
use crate::document::json_parser;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::limits;
use crate::source::network::error_chain;
use crate::source::network::http::client::HttpClients;
use crate::source::network::http::fetcher;
use crate::source::spec::OAuthCredentials;
use crate::source::spec::OAuthSpec;

/// A token is not used any more when it ends within this time, as in Go's library.
const EXPIRY_MARGIN: Duration = Duration::from_secs(10);

/// The tokens of a source.
pub struct TokenSource {
    oauth: OAuthSpec,
    client: Option<ClientCredentials>,
    token: Option<AccessToken>,
}

/// Who asks for tokens.
struct ClientCredentials {
    id: String,
    secret: String,
    read_at: Instant,
}

struct AccessToken {
    authorization: HeaderValue,
    expires_at: Option<Instant>,
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl TokenSource {
    /// No token yet.
    pub fn new(oauth: OAuthSpec) -> TokenSource {
        TokenSource {
            oauth,
            client: None,
            token: None,
        }
    }

    /// Forgets the token; the next request asks for another.
    pub fn invalidate(&mut self) {
        self.token = None;
    }

    /// The `Authorization` of a request.
    ///
    /// # Errors
    /// Why there is no token. The request must not be sent then.
    pub async fn authorization(
        &mut self,
        clients: &mut HttpClients,
    ) -> Result<HeaderValue, String> {
        let now = Instant::now();
        self.load_credentials(now)?;
        let lasts = |token: &&AccessToken| {
            token
                .expires_at
                .is_none_or(|ends| ends > now + EXPIRY_MARGIN)
        };
        if let Some(token) = self.token.as_ref().filter(lasts) {
            return Ok(token.authorization.clone());
        }
        let answer = self.request_token(clients).await;
        let token = answer.and_then(|answer| parse_token_response(&answer, now));
        let token = token.map_err(|why| format!("no token from the token endpoint: {why}"))?;
        let authorization = token.authorization.clone();
        self.token = Some(token);
        Ok(authorization)
    }

    /// Brings the client's name and secret up to date. A token that was had with others does not count any more.
    fn load_credentials(&mut self, now: Instant) -> Result<(), String> {
        let (id, secret) = match (&self.oauth.credentials, &self.client) {
            (OAuthCredentials::Inline { .. }, Some(_)) => return Ok(()),
            (OAuthCredentials::Inline { id, secret }, None) => (id.to_string(), secret.to_string()),
            (
                OAuthCredentials::Directory {
                    reload_interval: reload,
                    ..
                },
                Some(client),
            ) if now < client.read_at + *reload => {
                return Ok(());
            }
            (OAuthCredentials::Directory { path, .. }, _) => (
                read_secret_file(path, "client-id")?,
                read_secret_file(path, "client-secret")?,
            ),
        };
        let same = |client: &ClientCredentials| client.id == id && client.secret == secret;
        if !self.client.as_ref().is_some_and(same) {
            self.token = None;
        }
        let read = now;
        self.client = Some(ClientCredentials {
            id,
            secret,
            read_at: read,
        });
        Ok(())
    }

    async fn request_token(&self, clients: &mut HttpClients) -> Result<String, String> {
        let url = &self.oauth.token_url;
        let client = self.client.as_ref();
        let form = token_request_form(
            url,
            client.map_or("", |client| &client.id),
            client.map_or("", |client| &client.secret),
        );
        let request = clients.client(url)?.post(url.clone());
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request
            .header(header::ACCEPT, "application/json")
            .body(form);
        let response = request.send().await;
        let response = response.map_err(|error| error_chain::format_chain(&error.without_url()))?;
        let status = response.status();
        let body = fetcher::read_body(response, limits::TOKEN_RESPONSE).await?;
        if !status.is_success() {
            return Err(status.to_string());
        }
        String::from_utf8(body.into()).map_err(|_| "the answer is not text".to_owned())
    }
}

/// The parameters of a request for a token.
fn token_request_form(url: &Url, id: &str, secret: &str) -> String {
    // The form's encoding is that of a query.
    let mut url = url.clone();
    url.query_pairs_mut()
        .clear()
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", id)
        .append_pair("client_secret", secret);
    url.query().unwrap_or_default().to_owned()
}

fn read_secret_file(folder: &Path, name: &str) -> Result<String, String> {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path);
    let text =
        text.map_err(|error| format!("no OAuth credentials: {}: {error}", path.display()))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// The token in the answer of a token endpoint.
fn parse_token_response(answer: &str, now: Instant) -> Result<AccessToken, String> {
    let mut report = DiagnosticSink::new("token".into());
    let node = json_parser::parse(answer, &mut report).ok_or("the answer is not JSON")?;
    let text = |name: &str| find_member(&node, name).and_then(Node::as_text);
    let token = text("access_token").filter(|token| !token.is_empty());
    let token = token.ok_or("the answer has no access_token")?;
    let kind = match text("token_type") {
        None | Some("") => "Bearer",
        Some(kind) if kind.eq_ignore_ascii_case("bearer") => "Bearer",
        Some(kind) => kind,
    };
    let authorization = HeaderValue::from_str(&format!("{kind} {token}"));
    let mut authorization = authorization.map_err(|_| "the token cannot stand in a header")?;
    authorization.set_sensitive(true);
    let seconds = match find_member(&node, "expires_in").map(|node| &node.kind) {
        Some(NodeKind::Number(seconds)) => Some(*seconds),
        Some(NodeKind::Text(seconds)) => seconds.parse().ok(),
        _ => None,
    };
    let lasts = seconds
        .filter(|s| *s > 0.0)
        .map(Duration::try_from_secs_f64);
    let ends = lasts.and_then(|lasts| now.checked_add(lasts.ok()?));
    Ok(AccessToken {
        authorization,
        expires_at: ends,
    })
}

fn find_member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let members = node.as_map()?;
    members.iter().find(|m| *m.key == *name).map(|m| &m.value)
}
