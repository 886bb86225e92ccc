//! Questions to a running replica, over OFREP.

use std::time::Duration;

use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
use reqwest::Url;

use crate::limits;
use crate::source::cause;
use crate::source::http::web::Web;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the replica at `url` answers for a flag, and whether that is an answer.
///
/// # Errors
/// Why there is none, in one line.
pub fn evaluate(url: &str, key: &str, context: &str) -> anyhow::Result<(String, bool)> {
    let base = Url::parse(url).map_err(|error| anyhow::anyhow!("--replica `{url}`: {error}"))?;
    anyhow::ensure!(
        matches!(base.scheme(), "http" | "https"),
        "--replica `{url}`: begin with http:// or https://"
    );
    let key = utf8_percent_encode(key, NON_ALPHANUMERIC);
    let target = base.join(&format!("/ofrep/v1/evaluate/flags/{key}"))?;
    let body = format!("{{\"context\":{context}}}");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let answered = runtime.block_on(async {
        tokio::time::timeout(PATIENCE, post(target, body))
            .await
            .unwrap_or_else(|_| Err(format!("no whole answer within {PATIENCE:?}")))
    });
    answered.map_err(|why| anyhow::anyhow!("{url}: {why}"))
}

async fn post(url: Url, body: String) -> Result<(String, bool), String> {
    let client = Web::default().client(&url)?;
    let request = client.post(url).header("content-type", "application/json");
    let sent = request.body(body).send().await;
    let mut response = sent.map_err(|error| cause::chain(&error))?;
    let status = response.status();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| cause::chain(&e))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > limits::REPLICA_ANSWER {
            return Err(format!(
                "the answer is longer than {} bytes",
                limits::REPLICA_ANSWER
            ));
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| "the answer is not text".to_owned())?;
    if !text.starts_with('{') {
        return Err(format!("is no OFREP: it answers {status}"));
    }
    Ok((text, status.is_success()))
}
