//! A collector: takes encoded OTLP requests over gRPC or HTTP.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::Request;
use http::header;
use http_body_util::BodyExt as _;
use http_body_util::Full;
use http_body_util::Limited;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::sync::Mutex;

use crate::limits;
use crate::telemetry::config::OtlpEndpoint;
use crate::telemetry::config::OtlpProtocol;

type HyperClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A collector and what is known of it.
#[derive(Debug)]
pub struct OtlpClient {
    endpoint: OtlpEndpoint,
    signal_name: &'static str,
    state: Mutex<ClientState>,
}

#[derive(Debug, Default)]
struct ClientState {
    client: Option<(HyperClient, Instant)>,
    /// What went wrong last, so that it is told once.
    last_error: Option<String>,
}

impl OtlpClient {
    /// A collector that takes `what`. Nothing is opened before the first message.
    pub fn new(target: OtlpEndpoint, what: &'static str) -> OtlpClient {
        OtlpClient {
            endpoint: target,
            signal_name: what,
            state: Mutex::default(),
        }
    }

    /// Sends a message; what goes wrong is logged when it begins and when it is over.
    ///
    /// # Errors
    /// If the collector does not take it in time.
    pub async fn send(&self, message: Vec<u8>) -> Result<(), String> {
        let mut state = self.state.lock().await;
        let sent = tokio::time::timeout(self.endpoint.timeout, self.post(&mut state, message));
        let sent = sent
            .await
            .unwrap_or_else(|_| Err("no answer in time".to_owned()));
        let trouble = sent.as_ref().err().cloned();
        if trouble != state.last_error {
            let (what, collector) = (self.signal_name, self.endpoint.uri.authority());
            let collector = collector.map_or("", |authority| authority.as_str());
            if let Some(why) = &trouble {
                tracing::warn!(what, collector, error = %why, "the collector does not take what is sent");
            } else {
                tracing::info!(what, collector, "the collector takes what is sent again");
            }
            state.last_error = trouble;
        }
        sent
    }

    async fn post(&self, state: &mut ClientState, message: Vec<u8>) -> Result<(), String> {
        let client = self.current_client(state)?;
        let (content_type, body) = match self.endpoint.protocol {
            OtlpProtocol::Grpc => ("application/grpc", encode_length_prefixed(&message)),
            OtlpProtocol::Http => ("application/x-protobuf", message.into()),
        };
        let mut request = Request::post(self.endpoint.uri.clone());
        request = request.header(header::CONTENT_TYPE, content_type);
        if self.endpoint.protocol == OtlpProtocol::Grpc {
            request = request.header(header::TE, "trailers");
        }
        for (name, value) in &self.endpoint.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(body)).map_err(|e| error_chain(&e))?;
        let response = client.request(request).await.map_err(|e| error_chain(&e))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, limits::COLLECTOR_RESPONSE)
            .collect()
            .await;
        let body = body.map_err(|error| error_chain(&*error))?;
        if !parts.status.is_success() {
            return Err(format!("it answered with status {}", parts.status));
        }
        if self.endpoint.protocol == OtlpProtocol::Http {
            return Ok(());
        }
        let trailers = body.trailers().unwrap_or(&parts.headers);
        match trailers.get("grpc-status").map(http::HeaderValue::as_bytes) {
            Some(b"0") => Ok(()),
            status => {
                let status = String::from_utf8_lossy(status.unwrap_or(b"none"));
                let message = trailers
                    .get("grpc-message")
                    .map_or(&b""[..], |m| m.as_bytes());
                let message = String::from_utf8_lossy(message);
                Err(format!("it answered with gRPC status {status} {message}"))
            }
        }
    }

    /// The client, with certificates that were read not too long ago.
    fn current_client(&self, state: &mut ClientState) -> Result<HyperClient, String> {
        let target = &self.endpoint;
        let files = target.ca_path.is_some() || target.client_cert_and_key.is_some();
        let fresh = |made: &Instant| !files || made.elapsed() < target.reload_interval;
        if let Some((client, made)) = &state.client
            && fresh(made)
        {
            return Ok(client.clone());
        }
        let client = match (build_client(target), &state.client) {
            (Ok(client), _) => client,
            (Err(why), Some((client, _))) => {
                tracing::warn!(error = %why, "cannot read the collector's certificates again; the old ones stay");
                client.clone()
            }
            (Err(why), None) => return Err(why),
        };
        state.client = Some((client.clone(), Instant::now()));
        Ok(client)
    }
}

fn build_client(target: &OtlpEndpoint) -> Result<HyperClient, String> {
    let secure = target.uri.scheme_str() == Some("https");
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls_config(target, secure)?)
        .https_or_http();
    let mut builder = Client::builder(TokioExecutor::new());
    Ok(match target.protocol {
        OtlpProtocol::Grpc => builder
            .http2_only(true)
            .build(connector.enable_http2().build()),
        OtlpProtocol::Http => builder.build(connector.enable_http1().build()),
    })
}

/// What to trust and what to show; nothing is read for a collector in the open.
fn tls_config(target: &OtlpEndpoint, secure: bool) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = &target.ca_path {
        for certificate in read_certificates(path)? {
            let added = roots.add(certificate);
            added.map_err(|error| format!("{}: {error}", path.display()))?;
        }
    } else if secure {
        let native = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(native.certs);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| error_chain(&e))?
        .with_root_certificates(roots);
    let Some((certificate, key)) = &target.client_cert_and_key else {
        return Ok(config.with_no_client_auth());
    };
    let chain = read_certificates(certificate)?;
    let read = PrivateKeyDer::from_pem_file(key);
    let read = read.map_err(|error| format!("{}: {error}", key.display()))?;
    config
        .with_client_auth_cert(chain, read)
        .map_err(|error| format!("{}: {error}", certificate.display()))
}

fn read_certificates(path: &std::path::Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let read = CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))?;
    let read: Result<Vec<_>, _> = read.collect();
    let read = read.map_err(|error| wrong(&error))?;
    if read.is_empty() {
        return Err(wrong(&"there is no certificate in it"));
    }
    Ok(read)
}

/// A message as gRPC frames it.
fn encode_length_prefixed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let head = [&[0][..], &length.to_be_bytes()].concat();
    [&head, message].concat().into()
}

/// An error with its causes.
fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
