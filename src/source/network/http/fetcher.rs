//! One request for a document, and what its answer means.

use bytes::Bytes;
use bytes::BytesMut;
use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::header;
use reqwest::Response;
use reqwest::Url;

use crate::document::DocumentFormat;
use crate::limits;
use crate::source::network::error_chain;
use crate::source::network::http::client::HttpClients;
use crate::source::network::http::oauth::TokenSource;
use crate::source::spec::HttpSpec;
use crate::source::update_channel::FetchedDocument;

/// Asks for a document.
#[derive(Debug)]
pub struct Fetcher {
    spec: HttpSpec,
    clients: HttpClients,
    tokens: Option<TokenSource>,
    /// The server's name for the document in force.
    pub etag: Option<Box<str>>,
}

/// What a request came to.
#[derive(Debug)]
pub enum FetchResult {
    /// The document in force is still the newest.
    Unchanged,
    /// A text that may be a document.
    Document(FetchedDocument),
}

impl Fetcher {
    /// Nothing was asked yet.
    pub fn new(spec: HttpSpec, etag: Option<Box<str>>) -> Fetcher {
        Fetcher {
            tokens: spec.oauth.clone().map(TokenSource::new),
            clients: HttpClients::default(),
            spec,
            etag,
        }
    }

    /// Asks once.
    ///
    /// # Errors
    /// Why there is no document, in one line.
    pub async fn fetch(&mut self) -> Result<FetchResult, String> {
        let timeout = self.spec.timeout;
        tokio::time::timeout(timeout, self.fetch_without_timeout())
            .await
            .unwrap_or_else(|_| Err(format!("no whole answer within {timeout:?}")))
    }

    async fn fetch_without_timeout(&mut self) -> Result<FetchResult, String> {
        let mut response = self.send_following_redirects().await?;
        if response.status() == StatusCode::UNAUTHORIZED
            && let Some(tokens) = &mut self.tokens
        {
            // The token may have been withdrawn before its time.
            tokens.invalidate();
            response = self.send_following_redirects().await?;
        }
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED && self.etag.is_some() {
            return Ok(FetchResult::Unchanged);
        }
        if !status.is_success() {
            return Err(format!("error fetching from url: {status}"));
        }
        let etag = response.headers().get(header::ETAG);
        let etag = etag.and_then(|tag| tag.to_str().ok()).map(Into::into);
        let content_type = response.headers().get(header::CONTENT_TYPE).cloned();
        let bytes = read_body(response, limits::DOCUMENT).await?;
        if bytes.is_empty() {
            return Err("the answer is empty".to_owned());
        }
        let format = document_format(&self.spec.url, content_type.as_ref())?;
        Ok(FetchResult::Document(FetchedDocument {
            bytes,
            format,
            etag,
        }))
    }

    /// Sends the request, and follows redirects.
    async fn send_following_redirects(&mut self) -> Result<Response, String> {
        let mut headers = self.request_headers();
        if let Some(tokens) = &mut self.tokens {
            let token = tokens.authorization(&mut self.clients).await?;
            headers.insert(header::AUTHORIZATION, token);
        }
        let mut url = self.spec.url.clone();
        for _ in 0..=limits::REDIRECTS {
            let response = send(&mut self.clients, &url, &headers).await?;
            let Some(next) = redirect_target(&response, &url)? else {
                return Ok(response);
            };
            if !may_forward_credentials(&url, &next) {
                headers = accept_headers();
            }
            url = next;
        }
        Err(format!("stopped after {} redirects", limits::REDIRECTS))
    }

    fn request_headers(&self) -> HeaderMap {
        let settings = &self.spec;
        let mut headers = accept_headers();
        if let Some(authorization) = &settings.authorization {
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        let etag = self.etag.as_deref().map(HeaderValue::from_str);
        if let Some(Ok(etag)) = etag {
            headers.insert(header::IF_NONE_MATCH, etag);
        }
        for (name, value) in &settings.headers {
            headers.insert(name, value.clone());
        }
        headers
    }
}

/// What any server may see.
fn accept_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.append(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.append(header::ACCEPT, HeaderValue::from_static("application/yaml"));
    headers
}

async fn send(
    clients: &mut HttpClients,
    url: &Url,
    headers: &HeaderMap,
) -> Result<Response, String> {
    let client = clients.client(url)?;
    // A user and password in the URL become an `Authorization` here, unless there is one.
    let request = client.get(url.clone()).build();
    let mut request = request.map_err(|error| error_chain::format_chain(&error.without_url()))?;
    for name in headers.keys() {
        request.headers_mut().remove(name);
    }
    for (name, value) in headers {
        request.headers_mut().append(name, value.clone());
    }
    let response = client.execute(request).await;
    response.map_err(|error| error_chain::format_chain(&error.without_url()))
}

/// Where a redirect leads.
fn redirect_target(response: &Response, url: &Url) -> Result<Option<Url>, String> {
    let follows = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(header::LOCATION);
    let Some(location) = location.filter(|_| follows) else {
        return Ok(None);
    };
    let next = location.to_str().ok().and_then(|text| url.join(text).ok());
    let next = next.filter(|next| matches!(next.scheme(), "http" | "https"));
    next.map(Some)
        .ok_or_else(|| "the server redirects to what is no URL".to_owned())
}

/// Whether what is secret may go along from one URL to the next: to the same server, or to the same host for more
/// safety.
fn may_forward_credentials(from: &Url, to: &Url) -> bool {
    let ports = (from.port_or_known_default(), to.port_or_known_default());
    let safer = from.scheme() == "http" && to.scheme() == "https" && ports == (Some(80), Some(443));
    let same = from.scheme() == to.scheme() && ports.0 == ports.1;
    from.host() == to.host() && (same || safer)
}

/// An answer's body, if it is not too large.
pub async fn read_body(mut response: Response, most: u64) -> Result<Bytes, String> {
    let too_large = || format!("the answer is larger than {most} bytes");
    if response
        .content_length()
        .is_some_and(|length| length > most)
    {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    let chunk = |error: reqwest::Error| error_chain::format_chain(&error.without_url());
    while let Some(chunk) = response.chunk().await.map_err(chunk)? {
        if (body.len() + chunk.len()) as u64 > most {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// How a document is written: by the extension of the URL's path, or else by the content type.
fn document_format(
    url: &Url,
    content_type: Option<&HeaderValue>,
) -> Result<DocumentFormat, String> {
    if let Some(format) = DocumentFormat::from_path(url.path().as_ref()) {
        return Ok(format);
    }
    let text = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let Some(text) = text else {
        return Err("unable to determine file format: the answer has no content type".to_owned());
    };
    let media = text.split(';').next().unwrap_or_default();
    match media.trim().to_ascii_lowercase().as_str() {
        "application/json" => Ok(DocumentFormat::Json),
        "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => {
            Ok(DocumentFormat::Yaml)
        }
        media if media.ends_with("+json") => Ok(DocumentFormat::Json),
        media if media.ends_with("+yaml") => Ok(DocumentFormat::Yaml),
        media => Err(format!("unsupported file format: '{media}'")),
    }
}
