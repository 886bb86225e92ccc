//! Asks a replica's debug endpoints.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::StatusCode;
use reqwest::Url;

use crate::cli::input::flagctl_config::ReplicaEndpoint;
use crate::limits;
use crate::source::network::http::client::HttpClients;

/// How long an answer may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// What a replica answers to this body, or without one, at a path; `None` if there is nothing.
///
/// # Errors
/// If the replica cannot be asked, or does not answer as one.
pub fn request_json(
    replica: &ReplicaEndpoint,
    path: &[&str],
    body: Option<String>,
) -> anyhow::Result<Option<String>> {
    let shown = redacted_url(&replica.url);
    let mut url = Url::parse(&replica.url).with_context(|| format!("`{shown}` is no URL"))?;
    let segments = url.path_segments_mut();
    let mut segments = segments.map_err(|()| anyhow::anyhow!("`{shown}` is no URL of a server"))?;
    segments.pop_if_empty().extend(path);
    drop(segments);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let asked = send(replica, url, body);
    let asked = runtime.context("cannot start")?.block_on(asked);
    asked.with_context(|| format!("cannot ask {shown}"))
}

/// A URL without what may be secret in it.
fn redacted_url(url: &str) -> String {
    crate::source::spec::redact_url(url)
}

async fn send(
    replica: &ReplicaEndpoint,
    url: Url,
    body: Option<String>,
) -> anyhow::Result<Option<String>> {
    let client = HttpClients::default()
        .client(&url)
        .map_err(|why| anyhow::anyhow!(why))?;
    let request = match body {
        Some(body) => client.post(url).body(body),
        None => client.get(url),
    };
    let mut request = request.timeout(REQUEST_TIMEOUT);
    if let Some(token) = &replica.token {
        request = request.bearer_auth(token);
    }
    // The error would name the URL, which may hold a password.
    let mut response = request.send().await.map_err(reqwest::Error::without_url)?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::PAYLOAD_TOO_LARGE => {
            let most = limits::DEBUG_REQUEST;
            anyhow::bail!("the context is too large for it: it takes {most} bytes");
        }
        StatusCode::NOT_FOUND if is_json(&response) => return Ok(None),
        StatusCode::NOT_FOUND => {
            anyhow::bail!(
                "it has no debug endpoints: start it with --debug-endpoints=token or =open"
            );
        }
        StatusCode::UNAUTHORIZED => {
            anyhow::bail!("it wants a token: say it in FLAGCTL_TOKEN or in the configuration")
        }
        status => anyhow::bail!("it answers {status}"),
    }
    let mut body = Vec::new();
    while let Some(piece) = response
        .chunk()
        .await
        .map_err(reqwest::Error::without_url)?
    {
        body.extend_from_slice(&piece);
        if body.len() as u64 > limits::DOCUMENT {
            anyhow::bail!("its answer is larger than {} bytes", limits::DOCUMENT);
        }
    }
    Ok(Some(
        String::from_utf8(body).context("its answer is not UTF-8 text")?,
    ))
}

fn is_json(response: &reqwest::Response) -> bool {
    let kind = response.headers().get("content-type");
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}
