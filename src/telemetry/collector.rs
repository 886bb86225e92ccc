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
use crate::telemetry::settings::Protocol;
use crate::telemetry::settings::Target;

type Http = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A collector and what is known of it.
#[derive(Debug)]
pub struct Collector {
    target: Target,
    what: &'static str,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    client: Option<(Http, Instant)>,
    /// What went wrong last, so that it is told once.
    trouble: Option<String>,
}

impl Collector {
    /// A collector that takes `what`. Nothing is opened before the first message.
    pub fn new(target: Target, what: &'static str) -> Collector {
        Collector {
            target,
            what,
            state: Mutex::default(),
        }
    }

    /// Sends a message; what goes wrong is logged when it begins and when it is over.
    ///
    /// # Errors
    /// If the collector does not take it in time.
    pub async fn send(&self, message: Vec<u8>) -> Result<(), String> {
        let mut state = self.state.lock().await;
        let sent = tokio::time::timeout(self.target.timeout, self.post(&mut state, message));
        let sent = sent
            .await
            .unwrap_or_else(|_| Err("no answer in time".to_owned()));
        let trouble = sent.as_ref().err().cloned();
        if trouble != state.trouble {
            let (what, collector) = (self.what, self.target.uri.authority());
            let collector = collector.map_or("", |authority| authority.as_str());
            if let Some(why) = &trouble {
                tracing::warn!(what, collector, error = %why, "the collector does not take what is sent");
            } else {
                tracing::info!(what, collector, "the collector takes what is sent again");
            }
            state.trouble = trouble;
        }
        sent
    }

    async fn post(&self, state: &mut State, message: Vec<u8>) -> Result<(), String> {
        let client = self.client(state)?;
        let (content_type, body) = match self.target.protocol {
            Protocol::Grpc => ("application/grpc", framed(&message)),
            Protocol::Http => ("application/x-protobuf", message.into()),
        };
        let mut request = Request::post(self.target.uri.clone());
        request = request.header(header::CONTENT_TYPE, content_type);
        if self.target.protocol == Protocol::Grpc {
            request = request.header(header::TE, "trailers");
        }
        for (name, value) in &self.target.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(body)).map_err(|e| chain(&e))?;
        let response = client.request(request).await.map_err(|e| chain(&e))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, limits::COLLECTOR_ANSWER).collect().await;
        let body = body.map_err(|error| chain(&*error))?;
        if !parts.status.is_success() {
            return Err(format!("it answered with status {}", parts.status));
        }
        if self.target.protocol == Protocol::Http {
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
    fn client(&self, state: &mut State) -> Result<Http, String> {
        let target = &self.target;
        let files = target.authority.is_some() || target.identity.is_some();
        let fresh = |made: &Instant| !files || made.elapsed() < target.reload;
        if let Some((client, made)) = &state.client
            && fresh(made)
        {
            return Ok(client.clone());
        }
        let client = match (client(target), &state.client) {
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

fn client(target: &Target) -> Result<Http, String> {
    let secure = target.uri.scheme_str() == Some("https");
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls(target, secure)?)
        .https_or_http();
    let mut builder = Client::builder(TokioExecutor::new());
    Ok(match target.protocol {
        Protocol::Grpc => builder
            .http2_only(true)
            .build(connector.enable_http2().build()),
        Protocol::Http => builder.build(connector.enable_http1().build()),
    })
}

/// What to trust and what to show; nothing is read for a collector in the open.
fn tls(target: &Target, secure: bool) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = &target.authority {
        for certificate in certificates(path)? {
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
        .map_err(|e| chain(&e))?
        .with_root_certificates(roots);
    let Some((certificate, key)) = &target.identity else {
        return Ok(config.with_no_client_auth());
    };
    let chain = certificates(certificate)?;
    let read = PrivateKeyDer::from_pem_file(key);
    let read = read.map_err(|error| format!("{}: {error}", key.display()))?;
    config
        .with_client_auth_cert(chain, read)
        .map_err(|error| format!("{}: {error}", certificate.display()))
}

fn certificates(path: &std::path::Path) -> Result<Vec<CertificateDer<'static>>, String> {
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
fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let head = [&[0][..], &length.to_be_bytes()].concat();
    [&head, message].concat().into()
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
