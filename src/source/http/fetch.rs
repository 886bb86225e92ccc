//! One request for a document, and what its answer means.

use bytes::Bytes;
use bytes::BytesMut;
use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::header;
use reqwest::Response;
use reqwest::Url;

use crate::document::Format;
use crate::limits;
use crate::source::cause;
use crate::source::http::oauth::Tokens;
use crate::source::http::web::Web;
use crate::source::post::Delivery;
use crate::source::spec::Http;

/// Asks for a document.
#[derive(Debug)]
pub struct Fetcher {
    settings: Http,
    web: Web,
    tokens: Option<Tokens>,
    /// The server's name for the document in force.
    pub etag: Option<Box<str>>,
}

/// What a request came to.
#[derive(Debug)]
pub enum Fetched {
    /// The document in force is still the newest.
    Unchanged,
    /// A text that may be a document.
    Document(Delivery),
}

impl Fetcher {
    /// Nothing was asked yet.
    pub fn new(settings: Http, etag: Option<Box<str>>) -> Fetcher {
        Fetcher {
            tokens: settings.oauth.clone().map(Tokens::new),
            web: Web::default(),
            settings,
            etag,
        }
    }

    /// Asks once.
    ///
    /// # Errors
    /// Why there is no document, in one line.
    pub async fn fetch(&mut self) -> Result<Fetched, String> {
        let timeout = self.settings.timeout;
        tokio::time::timeout(timeout, self.in_time())
            .await
            .unwrap_or_else(|_| Err(format!("no whole answer within {timeout:?}")))
    }

    async fn in_time(&mut self) -> Result<Fetched, String> {
        let mut response = self.request().await?;
        if response.status() == StatusCode::UNAUTHORIZED
            && let Some(tokens) = &mut self.tokens
        {
            // The token may have been withdrawn before its time.
            tokens.forget();
            response = self.request().await?;
        }
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED && self.etag.is_some() {
            return Ok(Fetched::Unchanged);
        }
        if !status.is_success() {
            return Err(format!("error fetching from url: {status}"));
        }
        let etag = response.headers().get(header::ETAG);
        let etag = etag.and_then(|tag| tag.to_str().ok()).map(Into::into);
        let content_type = response.headers().get(header::CONTENT_TYPE).cloned();
        let bytes = body(response, limits::DOCUMENT).await?;
        if bytes.is_empty() {
            return Err("the answer is empty".to_owned());
        }
        let format = format(&self.settings.url, content_type.as_ref())?;
        Ok(Fetched::Document(Delivery {
            bytes,
            format,
            etag,
        }))
    }

    /// Sends the request, and follows redirects.
    async fn request(&mut self) -> Result<Response, String> {
        let mut headers = self.headers();
        if let Some(tokens) = &mut self.tokens {
            let token = tokens.authorization(&mut self.web).await?;
            headers.insert(header::AUTHORIZATION, token);
        }
        let mut url = self.settings.url.clone();
        for _ in 0..=limits::REDIRECTS {
            let response = send(&mut self.web, &url, &headers).await?;
            let Some(next) = location(&response, &url)? else {
                return Ok(response);
            };
            if !may_know(&url, &next) {
                headers = common();
            }
            url = next;
        }
        Err(format!("stopped after {} redirects", limits::REDIRECTS))
    }

    fn headers(&self) -> HeaderMap {
        let settings = &self.settings;
        let mut headers = common();
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
fn common() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.append(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.append(header::ACCEPT, HeaderValue::from_static("application/yaml"));
    headers
}

async fn send(web: &mut Web, url: &Url, headers: &HeaderMap) -> Result<Response, String> {
    let client = web.client(url)?;
    // A user and password in the URL become an `Authorization` here, unless there is one.
    let request = client.get(url.clone()).build();
    let mut request = request.map_err(|error| cause::chain(&error.without_url()))?;
    for name in headers.keys() {
        request.headers_mut().remove(name);
    }
    for (name, value) in headers {
        request.headers_mut().append(name, value.clone());
    }
    let response = client.execute(request).await;
    response.map_err(|error| cause::chain(&error.without_url()))
}

/// Where a redirect leads.
fn location(response: &Response, url: &Url) -> Result<Option<Url>, String> {
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
fn may_know(from: &Url, to: &Url) -> bool {
    let ports = (from.port_or_known_default(), to.port_or_known_default());
    let safer = from.scheme() == "http" && to.scheme() == "https" && ports == (Some(80), Some(443));
    let same = from.scheme() == to.scheme() && ports.0 == ports.1;
    from.host() == to.host() && (same || safer)
}

/// An answer's body, if it is not too large.
pub async fn body(mut response: Response, most: u64) -> Result<Bytes, String> {
    let too_large = || format!("the answer is larger than {most} bytes");
    if response
        .content_length()
        .is_some_and(|length| length > most)
    {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    let chunk = |error: reqwest::Error| cause::chain(&error.without_url());
    while let Some(chunk) = response.chunk().await.map_err(chunk)? {
        if (body.len() + chunk.len()) as u64 > most {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// How a document is written: by the extension of the URL's path, or else by the content type.
fn format(url: &Url, content_type: Option<&HeaderValue>) -> Result<Format, String> {
    if let Some(format) = Format::of(url.path().as_ref()) {
        return Ok(format);
    }
    let text = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let Some(text) = text else {
        return Err("unable to determine file format: the answer has no content type".to_owned());
    };
    let media = text.split(';').next().unwrap_or_default();
    match media.trim().to_ascii_lowercase().as_str() {
        "application/json" => Ok(Format::Json),
        "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => Ok(Format::Yaml),
        media if media.ends_with("+json") => Ok(Format::Json),
        media if media.ends_with("+yaml") => Ok(Format::Yaml),
        media => Err(format!("unsupported file format: '{media}'")),
    }
}
