//! Where metrics and traces are sent, from flagd's options and OpenTelemetry's variables.
//!
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>

mod from_env;

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderName;
use http::HeaderValue;
use http::Uri;

use crate::telemetry::config::from_env::EnvReader;

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct OtelOptions {
    /// `--metrics-exporter`: `otel`, or nothing.
    pub metrics_exporter: Option<String>,
    /// `--otel-collector-uri`, with a scheme or without.
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

/// What it means; by default nothing is sent.
#[derive(Debug, Clone, Default)]
pub struct TelemetryConfig {
    /// Where metrics go, if anywhere.
    pub metrics: Option<OtlpEndpoint>,
    /// Where traces go, if anywhere.
    pub traces: Option<OtlpEndpoint>,
    /// How often metrics go.
    pub metrics_interval: Duration,
    /// What describes the process.
    pub resource: Vec<(String, String)>,
}

/// A collector.
#[derive(Debug, Clone)]
pub struct OtlpEndpoint {
    /// What is posted to.
    pub uri: Uri,
    /// How it is spoken to.
    pub protocol: OtlpProtocol,
    /// Headers of every request; their values are marked as sensitive.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How long a request may take.
    pub timeout: Duration,
    /// The certificate authority to trust instead of the system's.
    pub ca_path: Option<PathBuf>,
    /// The certificate and its key to show.
    pub client_cert_and_key: Option<(PathBuf, PathBuf)>,
    /// How often the files are read again.
    pub reload_interval: Duration,
}

/// How OTLP travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtlpProtocol {
    /// gRPC.
    Grpc,
    /// Protobuf over HTTP/1.1.
    Http,
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Metrics.
    Metrics,
    /// Traces.
    Traces,
}

impl Signal {
    /// The path that takes it.
    pub fn export_path(self, protocol: OtlpProtocol) -> &'static str {
        match (self, protocol) {
            (Signal::Metrics, OtlpProtocol::Grpc) => {
                "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
            }
            (Signal::Traces, OtlpProtocol::Grpc) => {
                "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
            }
            (Signal::Metrics, OtlpProtocol::Http) => "/v1/metrics",
            (Signal::Traces, OtlpProtocol::Http) => "/v1/traces",
        }
    }

    /// Its name in variables.
    pub fn env_name(self) -> &'static str {
        match self {
            Signal::Metrics => "METRICS",
            Signal::Traces => "TRACES",
        }
    }
}

impl TelemetryConfig {
    /// Checks what was typed and what stands in the environment.
    ///
    /// # Errors
    /// All mistakes, a sentence each.
    pub fn resolve(
        options: &OtelOptions,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<TelemetryConfig, Vec<String>> {
        let mut reading = EnvReader {
            env,
            options,
            errors: Vec::new(),
        };
        let settings = reading.telemetry_config();
        if reading.errors.is_empty() {
            Ok(settings)
        } else {
            Err(reading.errors)
        }
    }
}
