//! HTTP client for the debug endpoints of a replica.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::StatusCode;
use reqwest::Url;

use crate::cli::input::flag_location::ReplicaEndpoint;
use crate::http_client::HttpClients;
use crate::http_client::proxy::ProxySettings;
use crate::limits;
use crate::source::spec::redact_url;

/// The timeout of a request, from connecting to the last byte of the response.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends a POST with `body`, or a GET without one. Returns the JSON response; `None` if the status is 404.
///
/// # Errors
/// If the request fails, or the server is not a replica with debug endpoints.
pub fn request_json(
    replica: &ReplicaEndpoint,
    path: &[&str],
    body: Option<String>,
) -> anyhow::Result<Option<String>> {
    let shown = redact_url(&replica.url);
    let mut url = Url::parse(&replica.url).with_context(|| format!("invalid URL `{shown}`"))?;
    let segments = url.path_segments_mut();
    let mut segments = segments.map_err(|()| anyhow::anyhow!("invalid server URL `{shown}`"))?;
    segments.pop_if_empty().extend(path);
    drop(segments);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let response = send(replica, url, body);
    let response = runtime
        .context("cannot start the HTTP client")?
        .block_on(response);
    response.with_context(|| format!("cannot query {shown}"))
}

async fn send(
    replica: &ReplicaEndpoint,
    url: Url,
    body: Option<String>,
) -> anyhow::Result<Option<String>> {
    let client = HttpClients::new(ProxySettings::from_env())
        .client(&url)
        .map_err(|error| anyhow::anyhow!(error.to_string()))?;
    let request = match body {
        Some(body) => client.post(url).body(body),
        None => client.get(url),
    };
    let mut request = request.timeout(REQUEST_TIMEOUT);
    if let Some(token) = &replica.token {
        request = request.bearer_auth(token);
    }
    // The error is reported without the URL, which may contain a password.
    let response = request.send().await;
    let response = response.map_err(reqwest::Error::without_url)?;
    match response.status() {
        StatusCode::OK => Ok(Some(read_bounded(response).await?)),
        StatusCode::NOT_FOUND if is_json(&response) => Ok(None),
        status => Err(status_error(status)),
    }
}

fn status_error(status: StatusCode) -> anyhow::Error {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let most = limits::DEBUG_REQUEST;
            anyhow::anyhow!("context too large: the replica accepts at most {most} bytes")
        }
        StatusCode::NOT_FOUND => anyhow::anyhow!(
            "the replica has no debug endpoints: start it with --debug-endpoints=token or =open"
        ),
        StatusCode::UNAUTHORIZED => {
            anyhow::anyhow!(
                "authentication required: set FLAGCTL_TOKEN, or `token` in the configuration"
            )
        }
        status => anyhow::anyhow!("unexpected status {status}"),
    }
}

async fn read_bounded(mut response: reqwest::Response) -> anyhow::Result<String> {
    let mut body = Vec::new();
    loop {
        let chunk = response.chunk().await;
        let Some(chunk) = chunk.map_err(reqwest::Error::without_url)? else {
            return String::from_utf8(body).context("the response is not UTF-8 text");
        };
        body.extend_from_slice(&chunk);
        if body.len() as u64 > limits::DOCUMENT {
            anyhow::bail!("the response is larger than {} bytes", limits::DOCUMENT);
        }
    }
}

fn is_json(response: &reqwest::Response) -> bool {
    let content_type = response.headers().get("content-type");
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}
