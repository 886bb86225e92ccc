//! `ApiClient`: requests to the API server, with the credentials of the moment.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::StatusCode;
use http::header;
use reqwest::Client;
use reqwest::Response;
use reqwest::Url;

use crate::http_client;
use crate::http_client::HttpClientError;
use crate::http_client::proxy::ProxySettings;
use crate::limits;
use crate::regular_file;
use crate::source::Timing;
use crate::source::error::SourceError;
use crate::source::error::kubernetes::KubernetesError;
use crate::source::error::kubernetes::RefusedRequest;
use crate::source::network::file_reader::FileReader;
use crate::source::network::kubernetes::cluster_config::BearerCredential;
use crate::source::network::kubernetes::cluster_config::ClusterConfig;
use crate::source::network::kubernetes::cluster_config::authorization;
use crate::source::network::kubernetes::feature_flag::FeatureFlagList;
use crate::source::network::kubernetes::feature_flag::group_versions;
use crate::source::network::kubernetes::feature_flag::status_message;
use crate::source::network::kubernetes::in_cluster;
use crate::source::network::kubernetes::kubeconfig;
use crate::source::network::kubernetes::watch_stream::WatchStream;
use crate::source::spec::API_GROUP;
use crate::source::spec::KubernetesSpec;

/// The version of the resource.
const API_VERSION: &str = "v1beta1";
/// The longest explanation of the server in a message, in characters.
const MESSAGE_LENGTH: usize = 400;
/// The most bytes of a token.
const TOKEN_BYTES: u64 = limits::KUBERNETES_STATUS as u64;

/// A client of one API server.
#[derive(Debug)]
pub struct ApiClient {
    client: Client,
    config: ClusterConfig,
    files: FileReader,
}

impl ApiClient {
    /// Reads the configuration again, so that replaced certificates are used, and returns a client.
    ///
    /// # Errors
    /// If there is no configuration, or it cannot be used.
    pub async fn new(
        spec: &KubernetesSpec,
        files: &FileReader,
        timing: Timing,
    ) -> Result<ApiClient, SourceError> {
        let named = spec.kubeconfig.clone();
        let loaded = files.read(move || load_config(named)).await;
        let (config, tls) = loaded?;
        let proxies = Arc::new(ProxySettings::from_env());
        let proxy = proxies.of_url(&config.server);
        proxy.map_err(HttpClientError::Proxy)?;
        let secure = config.server.scheme() == "https";
        let client = http_client::client_builder(tls, secure, &proxies)
            .connect_timeout(timing.connect_timeout)
            // A peer that is gone must not look like a resource without changes.
            .tcp_keepalive(limits::TCP_KEEPALIVE)
            .tcp_keepalive_interval(limits::TCP_KEEPALIVE)
            .tcp_keepalive_retries(3)
            .build()
            .map_err(HttpClientError::Build)?;
        Ok(ApiClient {
            client,
            config,
            files: files.clone(),
        })
    }

    /// Lists the resource.
    ///
    /// # Errors
    /// If the server refuses the request, or the response is no list.
    pub async fn list(&self, spec: &KubernetesSpec) -> Result<FeatureFlagList, SourceError> {
        let url = self.resource_url(spec, &[]);
        let response = self.get(url).await?;
        let response = self.check(response, "list", spec).await?;
        let bytes = read_bounded(response, limits::KUBERNETES_OBJECT).await?;
        Ok(FeatureFlagList::parse(&bytes, &spec.name)?)
    }

    /// Begins a watch after a version; `None` if the server no longer has that version.
    ///
    /// # Errors
    /// If the server refuses the request.
    pub async fn watch(
        &self,
        spec: &KubernetesSpec,
        version: &str,
        duration: Duration,
    ) -> Result<Option<WatchStream>, SourceError> {
        let seconds = duration.as_secs().max(1).to_string();
        let parameters = [
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", version),
            ("timeoutSeconds", &seconds),
        ];
        let response = self.get(self.resource_url(spec, &parameters)).await?;
        if response.status() == StatusCode::GONE {
            return Ok(None);
        }
        let response = self.check(response, "watch", spec).await?;
        Ok(Some(WatchStream::new(response)))
    }

    /// Returns the URL of the list that has only the resource.
    fn resource_url(&self, spec: &KubernetesSpec, parameters: &[(&str, &str)]) -> Url {
        let namespace = &spec.namespace;
        let mut url = self.api_url(&format!(
            "{API_VERSION}/namespaces/{namespace}/featureflags"
        ));
        url.query_pairs_mut()
            .append_pair("fieldSelector", &format!("metadata.name={}", spec.name))
            .extend_pairs(parameters);
        url
    }

    /// Returns the URL of a path below the API group.
    fn api_url(&self, path: &str) -> Url {
        let mut url = self.config.server.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(format!("{base}/apis/{API_GROUP}/{path}").trim_end_matches('/'));
        url
    }

    async fn get(&self, url: Url) -> Result<Response, SourceError> {
        let mut request = self.client.get(url);
        request = request.header(header::ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(token) = self.authorization().await? {
            request = request.header(header::AUTHORIZATION, token);
        }
        Ok(request.send().await?)
    }

    async fn authorization(&self) -> Result<Option<HeaderValue>, SourceError> {
        let path = match &self.config.token {
            BearerCredential::Absent => return Ok(None),
            BearerCredential::Fixed(value) => return Ok(Some(value.clone())),
            BearerCredential::File(path) => path.clone(),
        };
        let token = self.files.read(move || read_token(&path)).await?;
        Ok(Some(token))
    }

    /// Returns a response with a success status.
    async fn check(
        &self,
        response: Response,
        verb: &'static str,
        spec: &KubernetesSpec,
    ) -> Result<Response, SourceError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status == StatusCode::NOT_FOUND
            && let Some(error) = self.explain_not_found().await
        {
            return Err(error.into());
        }
        let body = read_bounded(response, limits::KUBERNETES_STATUS).await;
        let message = body.ok().and_then(|body| status_message(&body));
        let message: String = message
            .unwrap_or_default()
            .chars()
            .take(MESSAGE_LENGTH)
            .collect();
        let refused = RefusedRequest {
            verb,
            namespace: spec.namespace.clone(),
            status,
            message: message.replace(['\n', '\r'], " "),
        };
        Err(KubernetesError::Refused(refused).into())
    }

    /// Returns the reason why the server does not know the resource, if it can be found out.
    async fn explain_not_found(&self) -> Option<KubernetesError> {
        let response = self.get(self.api_url("")).await.ok()?;
        match response.status() {
            StatusCode::NOT_FOUND => Some(KubernetesError::NotInstalled),
            StatusCode::OK => {
                let body = read_bounded(response, limits::KUBERNETES_STATUS)
                    .await
                    .ok()?;
                let versions = group_versions(&body)?;
                let has_version = versions.split(", ").any(|version| version == API_VERSION);
                Some(if has_version {
                    KubernetesError::NotInstalled
                } else {
                    KubernetesError::OtherVersions(versions)
                })
            }
            _ => None,
        }
    }
}

/// Reads the configuration: of the named file, of `KUBECONFIG`, or of the pod.
fn load_config(
    named: Option<PathBuf>,
) -> Result<(ClusterConfig, rustls::ClientConfig), KubernetesError> {
    let variable = |name: &str| std::env::var(name).ok();
    let from_env = variable("KUBECONFIG").filter(|path| !path.is_empty());
    let mut config = match named.or(from_env.map(PathBuf::from)) {
        Some(path) => kubeconfig::load(&path)?,
        None => in_cluster::load(Path::new(in_cluster::SERVICE_ACCOUNT), variable)?,
    };
    let tls = config.tls_config()?;
    Ok((config, tls))
}

fn read_token(path: &Path) -> Result<HeaderValue, KubernetesError> {
    let text = regular_file::read_text(path, TOKEN_BYTES);
    let text = text.map_err(|error| KubernetesError::Unreadable(path.to_owned(), error))?;
    let why = if text.trim().is_empty() {
        "the token file is empty"
    } else {
        match authorization(&text) {
            Some(value) => return Ok(value),
            None => "the token contains control characters",
        }
    };
    Err(KubernetesError::Config(path.to_owned(), why.to_owned()))
}

async fn read_bounded(mut response: Response, limit: usize) -> Result<Bytes, SourceError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Err(SourceError::ResponseTooLarge(limit as u64));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}
