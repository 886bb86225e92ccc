//! Fetches a document over HTTP with conditional requests and OAuth tokens.

use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::header;
use reqwest::Response;

use crate::http_client::HttpClients;
use crate::http_client::proxy::ProxySettings;
use crate::source::error::SourceError;
use crate::source::network::http::oauth::TokenSource;
use crate::source::network::http::redirect;
use crate::source::network::http::response_document;
use crate::source::network::polling::FetchResult;
use crate::source::network::polling::PolledDocument;
use crate::source::spec::HttpSpec;

/// Fetches one document repeatedly.
#[derive(Debug)]
pub struct Fetcher {
    spec: HttpSpec,
    clients: HttpClients,
    tokens: Option<TokenSource>,
    /// The entity tag of the active document.
    etag: Option<Box<str>>,
}

impl PolledDocument for Fetcher {
    async fn fetch(&mut self) -> Result<FetchResult, SourceError> {
        let timeout = self.spec.timeout;
        tokio::time::timeout(timeout, self.fetch_without_timeout())
            .await
            .unwrap_or(Err(SourceError::ResponseTimeout(timeout)))
    }

    fn set_etag(&mut self, etag: Option<Box<str>>) {
        self.etag = etag;
    }
}

impl Fetcher {
    /// Returns a fetcher that has sent no request yet.
    pub fn new(spec: HttpSpec, etag: Option<Box<str>>) -> Fetcher {
        Fetcher {
            tokens: spec.oauth.clone().map(TokenSource::new),
            clients: HttpClients::new(ProxySettings::from_env()),
            spec,
            etag,
        }
    }

    async fn fetch_without_timeout(&mut self) -> Result<FetchResult, SourceError> {
        let mut response = self.send().await?;
        if response.status() == StatusCode::UNAUTHORIZED
            && let Some(tokens) = &mut self.tokens
        {
            // The token may have been revoked before it expired.
            tokens.invalidate();
            response = self.send().await?;
        }
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED && self.etag.is_some() {
            return Ok(FetchResult::Unchanged);
        }
        if !status.is_success() {
            return Err(SourceError::HttpStatus(status));
        }
        let document = response_document::read_document(response, self.spec.url.path()).await?;
        Ok(FetchResult::Document(document))
    }

    async fn send(&mut self) -> Result<Response, SourceError> {
        let mut headers = self.request_headers();
        if let Some(tokens) = &mut self.tokens {
            let token = tokens.authorization(&mut self.clients).await?;
            headers.insert(header::AUTHORIZATION, token);
        }
        let url = self.spec.url.clone();
        redirect::get_following_redirects(&mut self.clients, url, headers).await
    }

    fn request_headers(&self) -> HeaderMap {
        let mut headers = redirect::accept_headers();
        if let Some(authorization) = &self.spec.authorization {
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        let etag = self.etag.as_deref().map(HeaderValue::from_str);
        if let Some(Ok(etag)) = etag {
            headers.insert(header::IF_NONE_MATCH, etag);
        }
        for (name, value) in &self.spec.headers {
            headers.insert(name, value.clone());
        }
        headers
    }
}
