//! A client of an OpenTelemetry collector, which sends encoded OTLP requests over gRPC or HTTP.

mod tls;

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
use tokio::sync::Mutex;

use crate::error_chain::format_chain;
use crate::limits;
use crate::telemetry::config::OtlpEndpoint;
use crate::telemetry::config::otlp_protocol::OtlpProtocol;
use crate::telemetry::otlp_client::tls::tls_config;
use crate::wire::grpc::length_prefixed_message::encode_length_prefixed;

type HyperClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A client of one collector for one signal.
#[derive(Debug)]
pub struct OtlpClient {
    endpoint: OtlpEndpoint,
    signal_name: &'static str,
    state: Mutex<ClientState>,
}

#[derive(Debug, Default)]
struct ClientState {
    client: Option<(HyperClient, Instant)>,
    /// The last error, so that it is logged once.
    last_error: Option<String>,
}

impl OtlpClient {
    /// A client that sends the signal `what` to the collector `target`. Connects with the first message.
    pub fn new(target: OtlpEndpoint, what: &'static str) -> OtlpClient {
        OtlpClient {
            endpoint: target,
            signal_name: what,
            state: Mutex::default(),
        }
    }

    /// Sends a message. Each new error is logged once, and so is the first success after an error.
    ///
    /// # Errors
    /// If the collector does not accept it within the timeout.
    pub async fn send(&self, message: Vec<u8>) -> Result<(), String> {
        let mut state = self.state.lock().await;
        let sent = tokio::time::timeout(self.endpoint.timeout, self.post(&mut state, message));
        let sent = sent
            .await
            .unwrap_or_else(|_| Err("no response within the timeout".to_owned()));
        let trouble = sent.as_ref().err().cloned();
        if trouble != state.last_error {
            let (what, collector) = (self.signal_name, self.endpoint.uri.authority());
            // The user and the password are left out.
            let collector = collector.map_or("", |authority| {
                let text = authority.as_str();
                text.rsplit_once('@').map_or(text, |(_, address)| address)
            });
            if let Some(why) = &trouble {
                tracing::warn!(what, collector, error = %why, "OTLP export failed");
            } else {
                tracing::info!(what, collector, "OTLP export recovered");
            }
            state.last_error = trouble;
        }
        sent
    }

    async fn post(&self, state: &mut ClientState, message: Vec<u8>) -> Result<(), String> {
        let client = self.current_client(state)?;
        let (content_type, body) = match self.endpoint.protocol {
            OtlpProtocol::Grpc => ("application/grpc", encode_length_prefixed(0, &message)),
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
        let request = request
            .body(Full::new(body))
            .map_err(|e| format_chain(&e))?;
        let response = client
            .request(request)
            .await
            .map_err(|e| format_chain(&e))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, limits::COLLECTOR_RESPONSE)
            .collect()
            .await;
        let body = body.map_err(|error| format_chain(&*error))?;
        if !parts.status.is_success() {
            return Err(format!("the collector returned status {}", parts.status));
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
                Err(format!(
                    "the collector returned gRPC status {status} {message}"
                ))
            }
        }
    }

    /// Returns the client. Its certificate files are reloaded at the interval of the configuration.
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
                tracing::warn!(error = %why, "cannot reload the certificates for the collector; keeping the old ones");
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
