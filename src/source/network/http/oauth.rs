//! OAuth 2 client credentials grant: obtains and caches access tokens for the requests of a source.

mod credentials;
mod token_response;

use std::fmt;
use std::time::Duration;
use std::time::Instant;

use http::HeaderValue;
use http::header;
use reqwest::Url;

use crate::http_client::HttpClients;
use crate::limits;
use crate::source::error::SourceError;
use crate::source::network::file_reader::FileReader;
use crate::source::network::http::oauth::credentials::ClientCredentials;
use crate::source::network::http::oauth::token_response::AccessToken;
use crate::source::network::http::response_body;
use crate::source::spec::OAuthSpec;

/// A token that expires within this time is replaced, as in Go's library.
const EXPIRY_MARGIN: Duration = Duration::from_secs(10);

/// The tokens of a source.
pub struct TokenSource {
    oauth: OAuthSpec,
    files: FileReader,
    client: Option<ClientCredentials>,
    token: Option<AccessToken>,
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource").finish_non_exhaustive()
    }
}

impl TokenSource {
    /// A source without a token.
    pub fn new(oauth: OAuthSpec) -> TokenSource {
        TokenSource {
            oauth,
            files: FileReader::default(),
            client: None,
            token: None,
        }
    }

    /// Drops the token; the next request obtains another.
    pub fn invalidate(&mut self) {
        self.token = None;
    }

    /// Returns the `Authorization` of a request.
    ///
    /// # Errors
    /// If there is no token. The request must not be sent then.
    pub async fn authorization(
        &mut self,
        clients: &mut HttpClients,
    ) -> Result<HeaderValue, SourceError> {
        let now = Instant::now();
        self.load_credentials(now).await?;
        let is_valid = |token: &&AccessToken| token.is_valid_at(now + EXPIRY_MARGIN);
        if let Some(token) = self.token.as_ref().filter(is_valid) {
            return Ok(token.authorization.clone());
        }
        let token = self.request_token(clients, now).await;
        let token = token.map_err(|error| SourceError::Token(Box::new(error)))?;
        let authorization = token.authorization.clone();
        self.token = Some(token);
        Ok(authorization)
    }

    /// Reloads the client's ID and secret if that is due. Drops a token that was obtained with other credentials.
    async fn load_credentials(&mut self, now: Instant) -> Result<(), SourceError> {
        let spec = &self.oauth.credentials;
        if !credentials::is_load_due(spec, self.client.as_ref(), now) {
            return Ok(());
        }
        let spec = spec.clone();
        let loaded = self.files.read(move || credentials::load(&spec, now));
        let client = loaded.await?;
        if !self.client.as_ref().is_some_and(|old| old.is_same(&client)) {
            self.token = None;
        }
        self.client = Some(client);
        Ok(())
    }

    async fn request_token(
        &self,
        clients: &mut HttpClients,
        now: Instant,
    ) -> Result<AccessToken, SourceError> {
        let url = &self.oauth.token_url;
        let client = self.client.as_ref();
        let form = token_request_form(
            url,
            client.map_or("", |client| &client.id),
            client.map_or("", |client| &client.secret),
        );
        let request = clients.client(url)?.post(url.clone());
        let request = request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .header(header::ACCEPT_ENCODING, "gzip")
            .body(form);
        let response = request.send().await?;
        let status = response.status();
        if !status.is_success() {
            return Err(SourceError::TokenStatus(status));
        }
        let body = response_body::read_body(response, limits::TOKEN_RESPONSE).await?;
        let text = std::str::from_utf8(&body);
        let text = text.map_err(|_| SourceError::TokenResponse("the response is not UTF-8"))?;
        token_response::parse(text, now).map_err(SourceError::TokenResponse)
    }
}

/// Returns the body of a request for a token.
fn token_request_form(url: &Url, id: &str, secret: &str) -> String {
    // A form is encoded like a query.
    let mut url = url.clone();
    url.query_pairs_mut()
        .clear()
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", id)
        .append_pair("client_secret", secret);
    url.query().unwrap_or_default().to_owned()
}
