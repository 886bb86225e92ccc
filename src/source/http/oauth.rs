//! OAuth 2 client credentials: tokens for the requests of a source. Without a token there is no request.

use std::fmt;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use http::HeaderValue;
use http::header;
use reqwest::Url;

use crate::diag::Report;
use crate::document::json;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::limits;
use crate::source::cause;
use crate::source::http::fetch;
use crate::source::http::web::Web;
use crate::source::spec::Credentials;
use crate::source::spec::OAuth;

/// A token is not used any more when it ends within this time, as in Go's library.
const MARGIN: Duration = Duration::from_secs(10);

/// The tokens of a source.
pub struct Tokens {
    oauth: OAuth,
    client: Option<Client>,
    token: Option<Token>,
}

/// Who asks for tokens.
struct Client {
    id: String,
    secret: String,
    read: Instant,
}

struct Token {
    authorization: HeaderValue,
    ends: Option<Instant>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    /// No token yet.
    pub fn new(oauth: OAuth) -> Tokens {
        Tokens {
            oauth,
            client: None,
            token: None,
        }
    }

    /// Forgets the token; the next request asks for another.
    pub fn forget(&mut self) {
        self.token = None;
    }

    /// The `Authorization` of a request.
    ///
    /// # Errors
    /// Why there is no token. The request must not be sent then.
    pub async fn authorization(&mut self, web: &mut Web) -> Result<HeaderValue, String> {
        let now = Instant::now();
        self.read_client(now)?;
        let lasts = |token: &&Token| token.ends.is_none_or(|ends| ends > now + MARGIN);
        if let Some(token) = self.token.as_ref().filter(lasts) {
            return Ok(token.authorization.clone());
        }
        let answer = self.ask(web).await;
        let token = answer.and_then(|answer| token(&answer, now));
        let token = token.map_err(|why| format!("no token from the token endpoint: {why}"))?;
        let authorization = token.authorization.clone();
        self.token = Some(token);
        Ok(authorization)
    }

    /// Brings the client's name and secret up to date. A token that was had with others does not count any more.
    fn read_client(&mut self, now: Instant) -> Result<(), String> {
        let (id, secret) = match (&self.oauth.credentials, &self.client) {
            (Credentials::Given { .. }, Some(_)) => return Ok(()),
            (Credentials::Given { id, secret }, None) => (id.to_string(), secret.to_string()),
            (Credentials::Folder { reload, .. }, Some(client)) if now < client.read + *reload => {
                return Ok(());
            }
            (Credentials::Folder { path, .. }, _) => (
                secret_file(path, "client-id")?,
                secret_file(path, "client-secret")?,
            ),
        };
        let same = |client: &Client| client.id == id && client.secret == secret;
        if !self.client.as_ref().is_some_and(same) {
            self.token = None;
        }
        let read = now;
        self.client = Some(Client { id, secret, read });
        Ok(())
    }

    async fn ask(&self, web: &mut Web) -> Result<String, String> {
        let url = &self.oauth.token_url;
        let client = self.client.as_ref();
        let form = form(
            url,
            client.map_or("", |client| &client.id),
            client.map_or("", |client| &client.secret),
        );
        let request = web.client(url)?.post(url.clone());
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request
            .header(header::ACCEPT, "application/json")
            .body(form);
        let response = request.send().await;
        let response = response.map_err(|error| cause::chain(&error.without_url()))?;
        let status = response.status();
        let body = fetch::body(response, limits::TOKEN).await?;
        if !status.is_success() {
            return Err(status.to_string());
        }
        String::from_utf8(body.into()).map_err(|_| "the answer is not text".to_owned())
    }
}

/// The parameters of a request for a token.
fn form(url: &Url, id: &str, secret: &str) -> String {
    // The form's encoding is that of a query.
    let mut url = url.clone();
    url.query_pairs_mut()
        .clear()
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", id)
        .append_pair("client_secret", secret);
    url.query().unwrap_or_default().to_owned()
}

fn secret_file(folder: &Path, name: &str) -> Result<String, String> {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path);
    let text =
        text.map_err(|error| format!("no OAuth credentials: {}: {error}", path.display()))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// The token in the answer of a token endpoint.
fn token(answer: &str, now: Instant) -> Result<Token, String> {
    let mut report = Report::new("token".into());
    let node = json::read(answer, &mut report).ok_or("the answer is not JSON")?;
    let text = |name: &str| member(&node, name).and_then(Node::as_text);
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
    let seconds = match member(&node, "expires_in").map(|node| &node.kind) {
        Some(Kind::Number(seconds)) => Some(*seconds),
        Some(Kind::Text(seconds)) => seconds.parse().ok(),
        _ => None,
    };
    let lasts = seconds
        .filter(|s| *s > 0.0)
        .map(Duration::try_from_secs_f64);
    let ends = lasts.and_then(|lasts| now.checked_add(lasts.ok()?));
    Ok(Token {
        authorization,
        ends,
    })
}

fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let members = node.as_map()?;
    members.iter().find(|m| *m.key == *name).map(|m| &m.value)
}
