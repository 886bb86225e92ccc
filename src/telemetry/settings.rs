//! Where metrics and traces are sent, from flagd's options and OpenTelemetry's variables.
//!
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>

mod reading;

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderName;
use http::HeaderValue;
use http::Uri;

use crate::telemetry::settings::reading::Reading;

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// `--metrics-exporter`: `otel`, or nothing.
    pub exporter: Option<String>,
    /// `--otel-collector-uri`, with a scheme or without.
    pub collector: Option<String>,
    /// `--otel-cert-path`
    pub certificate: Option<PathBuf>,
    /// `--otel-key-path`
    pub key: Option<PathBuf>,
    /// `--otel-ca-path`
    pub authority: Option<PathBuf>,
    /// `--otel-reload-interval`; `None` for an hour.
    pub reload: Option<Duration>,
}

/// What it means; by default nothing is sent.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Where metrics go, if anywhere.
    pub metrics: Option<Target>,
    /// Where traces go, if anywhere.
    pub traces: Option<Target>,
    /// How often metrics go.
    pub interval: Duration,
    /// What describes the process.
    pub resource: Vec<(String, String)>,
}

/// A collector.
#[derive(Debug, Clone)]
pub struct Target {
    /// What is posted to.
    pub uri: Uri,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Headers of every request; their values are marked as sensitive.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How long a request may take.
    pub timeout: Duration,
    /// The certificate authority to trust instead of the system's.
    pub authority: Option<PathBuf>,
    /// The certificate and its key to show.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// How often the files are read again.
    pub reload: Duration,
}

/// How OTLP travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
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
    pub fn path(self, protocol: Protocol) -> &'static str {
        match (self, protocol) {
            (Signal::Metrics, Protocol::Grpc) => {
                "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
            }
            (Signal::Traces, Protocol::Grpc) => {
                "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
            }
            (Signal::Metrics, Protocol::Http) => "/v1/metrics",
            (Signal::Traces, Protocol::Http) => "/v1/traces",
        }
    }

    /// Its name in variables.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Metrics => "METRICS",
            Signal::Traces => "TRACES",
        }
    }
}

impl Settings {
    /// Checks what was typed and what stands in the environment.
    ///
    /// # Errors
    /// All mistakes, a sentence each.
    pub fn resolve(
        typed: &Typed,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Settings, Vec<String>> {
        let mut reading = Reading {
            env,
            typed,
            mistakes: Vec::new(),
        };
        let settings = reading.settings();
        if reading.mistakes.is_empty() {
            Ok(settings)
        } else {
            Err(reading.mistakes)
        }
    }
}
