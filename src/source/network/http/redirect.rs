//! Sends a GET request and follows redirects; credentials are sent only to their origin.

use http::HeaderMap;
use http::HeaderValue;
use http::header;
use reqwest::Response;
use reqwest::Url;

use crate::http_client::HttpClients;
use crate::limits;
use crate::source::error::SourceError;

/// Sends a request with these headers and follows redirects.
///
/// # Errors
/// If there is no response, or a redirect cannot be followed.
pub async fn get_following_redirects(
    clients: &mut HttpClients,
    mut url: Url,
    mut headers: HeaderMap,
) -> Result<Response, SourceError> {
    for _ in 0..=limits::REDIRECTS {
        let response = get(clients, &url, &headers).await?;
        let Some(next) = redirect_target(&response, &url)? else {
            return Ok(response);
        };
        if !may_forward_credentials(&url, &next) {
            headers = accept_headers();
        }
        url = next;
    }
    Err(SourceError::TooManyRedirects(limits::REDIRECTS))
}

/// Returns the headers that any server may see.
pub fn accept_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.append(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.append(header::ACCEPT, HeaderValue::from_static("application/yaml"));
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    headers
}

async fn get(
    clients: &mut HttpClients,
    url: &Url,
    headers: &HeaderMap,
) -> Result<Response, SourceError> {
    let client = clients.client(url)?;
    // A user and password in the URL become an `Authorization` here, unless there is one.
    let mut request = client.get(url.clone()).build()?;
    for name in headers.keys() {
        request.headers_mut().remove(name);
    }
    for (name, value) in headers {
        request.headers_mut().append(name, value.clone());
    }
    Ok(client.execute(request).await?)
}

/// Returns the target of a redirect; `None` if the response is not a redirect.
fn redirect_target(response: &Response, url: &Url) -> Result<Option<Url>, SourceError> {
    let is_redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(header::LOCATION);
    let Some(location) = location.filter(|_| is_redirect) else {
        return Ok(None);
    };
    let next = location.to_str().ok().and_then(|text| url.join(text).ok());
    let next = next.filter(|next| matches!(next.scheme(), "http" | "https"));
    next.map(Some).ok_or(SourceError::InvalidRedirect)
}

/// Returns true if credentials may be forwarded from one URL to the next: to the same origin, or to the same host for
/// an upgrade from port 80 to HTTPS on port 443.
fn may_forward_credentials(from: &Url, to: &Url) -> bool {
    let ports = (from.port_or_known_default(), to.port_or_known_default());
    let upgrade =
        from.scheme() == "http" && to.scheme() == "https" && ports == (Some(80), Some(443));
    let same = from.scheme() == to.scheme() && ports.0 == ports.1;
    from.host() == to.host() && (same || upgrade)
}
