//! The configuration of OTLP export: where metrics and traces are sent.
//!
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>

pub mod from_env;
pub mod otlp_protocol;

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderName;
use http::HeaderValue;
use http::Uri;

use crate::telemetry::config::otlp_protocol::OtlpProtocol;

/// The options of the command line.
#[derive(Debug, Clone, Default)]
pub struct OtelOptions {
    /// `--metrics-exporter`: `otel`, or nothing.
    pub metrics_exporter: Option<String>,
    /// `--otel-collector-uri`, with or without a scheme.
    pub collector_uri: Option<String>,
    /// `--otel-cert-path`
    pub cert_path: Option<PathBuf>,
    /// `--otel-key-path`
    pub key_path: Option<PathBuf>,
    /// `--otel-ca-path`
    pub ca_path: Option<PathBuf>,
    /// `--otel-reload-interval`; `None` for an hour.
    pub reload_interval: Option<Duration>,
}

/// The resolved configuration; by default nothing is exported.
#[derive(Debug, Clone, Default)]
pub struct TelemetryConfig {
    /// The collector of metrics, if they are exported.
    pub metrics: Option<OtlpEndpoint>,
    /// The collector of traces, if they are exported.
    pub traces: Option<OtlpEndpoint>,
    /// The interval of metric exports.
    pub metrics_interval: Duration,
    /// The resource attributes of the process.
    pub resource: Vec<(String, String)>,
}

/// A collector.
#[derive(Debug, Clone)]
pub struct OtlpEndpoint {
    /// The URI of the export requests.
    pub uri: Uri,
    /// The transport.
    pub protocol: OtlpProtocol,
    /// Headers of every request; their values are marked as sensitive.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The timeout of a request.
    pub timeout: Duration,
    /// The certificate authority to trust instead of the system's.
    pub ca_path: Option<PathBuf>,
    /// The client certificate and its key.
    pub client_cert_and_key: Option<(PathBuf, PathBuf)>,
    /// The interval after which the files are read again.
    pub reload_interval: Duration,
}
