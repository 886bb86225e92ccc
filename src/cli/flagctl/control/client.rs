//! `ControlClient`: HTTP client for the native API of a control plane.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use reqwest::Method;
use reqwest::StatusCode;
use reqwest::Url;

use crate::cli::json_node;
use crate::cli::json_node::member_str;
use crate::document::serialize;
use crate::document::syntax_tree::Node;
use crate::http_client::HttpClients;
use crate::http_client::proxy::ProxySettings;
use crate::limits;
use crate::regular_file;
use crate::source::spec::redact_url;

/// The timeout of a request, in addition to the time that the server may wait before it responds.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// A client for one environment.
pub struct ControlClient {
    url: Url,
    token: Option<String>,
    environment: String,
    runtime: tokio::runtime::Runtime,
}

/// The answer of the server.
#[derive(Debug)]
pub enum Answer {
    /// The request was carried out.
    Ok(Node),
    /// The server refuses it, for this reason.
    Refused(String),
}

impl ControlClient {
    /// Finds the control plane and the environment: from the arguments, or else from environment variables.
    ///
    /// # Errors
    /// If there is no URL, or the server has several environments and none is named.
    pub fn connect(
        url: Option<&str>,
        environment: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<ControlClient> {
        let mut client = ControlClient::without_environment(url, &variable)?;
        let named = environment.map(ToOwned::to_owned);
        client.environment = match named.or_else(|| variable("FLAGCTL_ENV")) {
            Some(name) => name,
            None => client.only_environment()?,
        };
        Ok(client)
    }

    /// Finds the control plane: from the argument, or else from environment variables.
    ///
    /// # Errors
    /// If there is no URL.
    pub fn without_environment(
        url: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<ControlClient> {
        let url = url.map(ToOwned::to_owned);
        let url = url.or_else(|| variable("FLAGCTL_CONTROL"));
        let url =
            url.context("no control plane given: pass --control URL or set FLAGCTL_CONTROL")?;
        let shown = redact_url(&url);
        let parsed = Url::parse(&url).with_context(|| format!("invalid URL `{shown}`"))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            anyhow::bail!("invalid URL `{shown}`: write http://HOST:8020");
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the HTTP client")?;
        Ok(ControlClient {
            url: parsed,
            token: token(&variable)?,
            environment: String::new(),
            runtime,
        })
    }

    fn only_environment(&self) -> anyhow::Result<String> {
        let answer = self.send(Method::GET, &["environments"], &[], None, Duration::ZERO)?;
        let environments = match answer {
            Answer::Ok(answer) => answer,
            Answer::Refused(why) => anyhow::bail!("{why}"),
        };
        let environments = environments.member("environments");
        let names: Vec<&str> = environments
            .map(Node::items_or_self)
            .unwrap_or_default()
            .iter()
            .map(|environment| member_str(environment, "name"))
            .collect();
        match &*names {
            [name] => Ok((*name).to_owned()),
            names => anyhow::bail!(
                "several environments: pass --env NAME or set FLAGCTL_ENV; there are {}",
                names.join(", ")
            ),
        }
    }

    /// Returns the name of the environment.
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// Reads something of the environment. The server may take `wait` to answer.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn get(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        wait: Duration,
    ) -> anyhow::Result<Answer> {
        self.send(Method::GET, &self.path(path), query, None, wait)
    }

    /// Changes something in the environment.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn post(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        body: &Node,
    ) -> anyhow::Result<Answer> {
        let body = serialize::to_pretty_json(body);
        self.send(
            Method::POST,
            &self.path(path),
            query,
            Some(body),
            Duration::ZERO,
        )
    }

    /// Sends a request that concerns no environment.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn send_to_server(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Node>,
    ) -> anyhow::Result<Answer> {
        let body = body.map(serialize::to_pretty_json);
        self.send(method, path, &[], body, Duration::ZERO)
    }

    /// Reads lines of the environment.
    ///
    /// # Errors
    /// If the server does not answer, or refuses.
    pub fn get_lines(&self, path: &[&str], query: &[(&str, String)]) -> anyhow::Result<Vec<u8>> {
        let url = self.request_url(&self.path(path), query)?;
        let (status, body) = self.fetch(Method::GET, url, None, Duration::ZERO)?;
        if status.is_success() {
            return Ok(body);
        }
        anyhow::bail!("{}", problem(status, &body))
    }

    fn path<'p>(&'p self, path: &[&'p str]) -> Vec<&'p str> {
        let mut all = vec!["environments", &self.environment];
        all.extend(path);
        all
    }

    fn request_url(&self, path: &[&str], query: &[(&str, String)]) -> anyhow::Result<Url> {
        let mut url = self.url.clone();
        let shown = redact_url(self.url.as_str());
        url.path_segments_mut()
            .map_err(|()| anyhow::anyhow!("invalid server URL `{shown}`"))?
            .pop_if_empty()
            .extend(["fanion", "v1"])
            .extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    fn send(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
        body: Option<String>,
        wait: Duration,
    ) -> anyhow::Result<Answer> {
        let url = self.request_url(path, query)?;
        let (status, body) = self.fetch(method, url, body, wait)?;
        if status.is_success() {
            let text = std::str::from_utf8(&body).context("the response is not UTF-8 text")?;
            return Ok(Answer::Ok(json_node::parse(text)?));
        }
        let why = problem(status, &body);
        if status == StatusCode::UNAUTHORIZED || status.is_server_error() {
            anyhow::bail!("{why}");
        }
        Ok(Answer::Refused(why))
    }

    fn fetch(
        &self,
        method: Method,
        url: Url,
        body: Option<String>,
        wait: Duration,
    ) -> anyhow::Result<(StatusCode, Vec<u8>)> {
        let shown = redact_url(self.url.as_str());
        let fetched = self.runtime.block_on(async {
            let client = HttpClients::new(ProxySettings::from_env())
                .client(&url)
                .map_err(|error| anyhow::anyhow!(error.to_string()))?;
            let mut request = client.request(method, url).timeout(REQUEST_TIMEOUT + wait);
            if let Some(token) = &self.token {
                request = request.bearer_auth(token);
            }
            if let Some(body) = body {
                request = request
                    .header("content-type", "application/json")
                    .body(body);
            }
            let response = request.send().await.map_err(reqwest::Error::without_url)?;
            let status = response.status();
            let body = read_bounded(response).await?;
            Ok::<_, anyhow::Error>((status, body))
        });
        fetched.with_context(|| format!("cannot query {shown}"))
    }
}

/// The token: `FLAGCTL_TOKEN`, or the content of the file `FLAGCTL_TOKEN_PATH`.
fn token(variable: &impl Fn(&str) -> Option<String>) -> anyhow::Result<Option<String>> {
    if let Some(token) = variable("FLAGCTL_TOKEN") {
        return Ok(Some(token));
    }
    let Some(path) = variable("FLAGCTL_TOKEN_PATH") else {
        return Ok(None);
    };
    let bytes = regular_file::read(Path::new(&path), limits::TOKEN_FILE)
        .map_err(|error| anyhow::anyhow!("cannot read {path} of FLAGCTL_TOKEN_PATH: {error}"))?;
    let text = String::from_utf8(bytes)
        .ok()
        .context("the token is not text")?;
    let mut lines = text.lines().map(str::trim);
    let token = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(token.map(ToOwned::to_owned))
}

/// The reason in an error response.
fn problem(status: StatusCode, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let problem = json_node::parse(&text).ok();
    let detail = problem
        .as_ref()
        .map_or("", |problem| member_str(problem, "detail"));
    let why = match (detail, status) {
        ("", StatusCode::NOT_FOUND | StatusCode::UNSUPPORTED_MEDIA_TYPE) => {
            "the server is not the API of a control plane: --control needs its port 8020, not the port of flag sync"
        }
        ("", _) => return format!("unexpected status {status}"),
        (detail, _) => detail,
    };
    if status == StatusCode::UNAUTHORIZED {
        return format!(
            "{why}; set FLAGCTL_TOKEN, or FLAGCTL_TOKEN_PATH to the file `bootstrap-token` in the data directory of the control plane"
        );
    }
    why.to_owned()
}

async fn read_bounded(mut response: reqwest::Response) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(reqwest::Error::without_url)?
    {
        body.extend_from_slice(&chunk);
        if body.len() as u64 > limits::DOCUMENT {
            anyhow::bail!("the response is larger than {} bytes", limits::DOCUMENT);
        }
    }
    Ok(body)
}
