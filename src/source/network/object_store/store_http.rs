//! `StoreHttp`: sends the requests of the crate `object_store`, for objects and for credentials.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderValue;
use http::StatusCode;
use http::header;
use http::request::Parts;
use http::response::Parts as ResponseParts;
use object_store::RetryConfig;
use object_store::client::HttpClient;
use object_store::client::HttpConnector;
use object_store::client::HttpError;
use object_store::client::HttpErrorKind;
use object_store::client::HttpRequest;
use object_store::client::HttpResponse;
use object_store::client::HttpService;
use reqwest::Response;
use reqwest::Url;

use crate::error_chain;
use crate::http_client::HttpClients;
use crate::http_client::proxy::ProxySettings;
use crate::limits;
use crate::source::error::SourceError;
use crate::source::error::object_store::ObjectName;
use crate::source::error::object_store::ObjectStoreError;
use crate::source::network::http::response_body;
use crate::source::network::http::response_document;
use crate::source::network::object_store::refusal;
use crate::source::network::polling::FetchResult;

/// The HTTP clients of one source, and the last failure to obtain credentials.
#[derive(Debug)]
pub struct StoreHttp {
    object: ObjectName,
    clients: Mutex<HttpClients>,
    /// The clients for metadata services of this host, which no proxy can reach.
    local_clients: Mutex<HttpClients>,
    credentials_failure: Mutex<Option<SourceError>>,
}

/// The result of a request for an object. It is an extension of the request, which marks the request as one for the
/// object, and not for credentials.
#[derive(Debug, Clone, Default)]
pub struct ObjectResult(Arc<Mutex<Option<Result<FetchResult, SourceError>>>>);

/// Gives the clients to the crate `object_store`.
#[derive(Debug, Clone)]
pub struct StoreConnector(pub Arc<StoreHttp>);

/// The response is in the [`ObjectResult`], or the failure in [`StoreHttp`].
#[derive(Debug)]
struct Delivered;

impl fmt::Display for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the result was delivered")
    }
}

impl Error for Delivered {}

impl ObjectResult {
    /// Returns the result; `None` if the request was not sent.
    pub fn take(&self) -> Option<Result<FetchResult, SourceError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, result: Result<FetchResult, SourceError>) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = Some(result);
    }
}

/// Returns the configuration without repetitions: the schedule and the backoff of the source repeat requests.
pub fn no_retries() -> RetryConfig {
    RetryConfig {
        max_retries: 0,
        ..RetryConfig::default()
    }
}

/// Returns the error of a request that the crate `object_store` cannot build, because of a setting or a file.
pub fn config_error(error: &object_store::Error) -> ObjectStoreError {
    let why = match error {
        object_store::Error::Generic { source, .. } => error_chain::format_chain(&**source),
        error => error_chain::format_chain(error),
    };
    ObjectStoreError::Config(why.replace(['\n', '\r'], " "))
}

impl HttpConnector for StoreConnector {
    fn connect(&self, _: &object_store::ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

impl HttpService for StoreConnector {
    fn call<'service, 'call>(
        &'service self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'call>>
    where
        'service: 'call,
        Self: 'call,
    {
        Box::pin(self.0.call(request))
    }
}

impl StoreHttp {
    /// Clients that have sent no request yet.
    pub fn new(object: ObjectName) -> StoreHttp {
        let without_proxy = ProxySettings::from_variables(|_| None);
        StoreHttp {
            object,
            clients: Mutex::new(HttpClients::new(ProxySettings::from_env())),
            local_clients: Mutex::new(HttpClients::new(without_proxy)),
            credentials_failure: Mutex::default(),
        }
    }

    /// Returns the reason why the crate `object_store` did not request the object.
    pub fn credentials_error(&self, error: &object_store::Error) -> SourceError {
        let failure = self.lock_failure().take();
        failure.unwrap_or_else(|| config_error(error).into())
    }

    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let delivered = || HttpError::new(HttpErrorKind::Unknown, Delivered);
        if let Some(result) = parts.extensions.get::<ObjectResult>().cloned() {
            result.set(self.get_object(parts).await);
            return Err(delivered());
        }
        let host = parts.uri.host().unwrap_or_default().to_owned();
        let body = body.as_bytes().cloned().unwrap_or_default();
        let (failure, response) = match self.exchange(parts, body).await {
            Ok((parts, body)) => {
                let failure = refusal::of_credentials(parts.status, &parts.headers, &body);
                let response = HttpResponse::from_parts(parts, body.into());
                (failure.map(Into::into), Ok(response))
            }
            Err(error) => (Some(error.into()), Err(delivered())),
        };
        *self.lock_failure() =
            failure.map(|error| ObjectStoreError::NoCredentials(host.into(), error).into());
        response
    }

    async fn get_object(&self, mut parts: Parts) -> Result<FetchResult, SourceError> {
        let gzip = HeaderValue::from_static("gzip");
        // Without it, Google decompresses objects that are stored compressed. No store signs this header.
        parts.headers.insert(header::ACCEPT_ENCODING, gzip);
        let response = self.send(parts, Bytes::new()).await?;
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED {
            return Ok(FetchResult::Unchanged);
        }
        if !status.is_success() {
            let now = SystemTime::now();
            let refused = refusal::read(response, self.object.clone(), now).await;
            return Err(ObjectStoreError::Refused(refused).into());
        }
        let document = response_document::read_document(response, &self.object.key).await?;
        Ok(FetchResult::Document(document))
    }

    /// Sends a request for credentials. The body of the response is bounded.
    async fn exchange(
        &self,
        parts: Parts,
        body: Bytes,
    ) -> Result<(ResponseParts, Bytes), SourceError> {
        let is_local = is_metadata_service(parts.uri.host().unwrap_or_default());
        let exchange = async {
            let response = self.send(parts, body).await?;
            let mut parts = http::Response::new(()).into_parts().0;
            parts.status = response.status();
            parts.headers = response.headers().clone();
            let body = response_body::read_body(response, limits::TOKEN_RESPONSE).await?;
            Ok((parts, body))
        };
        if !is_local {
            return exchange.await;
        }
        let limit = limits::METADATA_TIMEOUT;
        let result = tokio::time::timeout(limit, exchange).await;
        result.unwrap_or(Err(SourceError::ResponseTimeout(limit)))
    }

    async fn send(&self, parts: Parts, body: Bytes) -> Result<Response, SourceError> {
        let url = Url::parse(&parts.uri.to_string());
        let url = url.map_err(|error| ObjectStoreError::Config(error.to_string()))?;
        let clients = if is_metadata_service(url.host_str().unwrap_or_default()) {
            &self.local_clients
        } else {
            &self.clients
        };
        let client = clients
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .client(&url)?;
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        if !body.is_empty() {
            *request.body_mut() = Some(body.into());
        }
        Ok(client.execute(request).await?)
    }

    fn lock_failure(&self) -> std::sync::MutexGuard<'_, Option<SourceError>> {
        let failure = self.credentials_failure.lock();
        failure.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns true for the hosts of metadata services, which serve one host or pod.
fn is_metadata_service(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.segments().starts_with(&[0xfd00, 0xec2]),
        Err(_) => host == "metadata.google.internal",
    }
}
