//! The transport of OTLP, and the paths and variable names of its signals.

/// The transport of OTLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtlpProtocol {
    /// gRPC.
    Grpc,
    /// Protobuf over HTTP/1.1.
    Http,
}

/// A kind of telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Metrics.
    Metrics,
    /// Traces.
    Traces,
}

impl Signal {
    /// Returns the path of its export requests.
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

    /// Returns its name in environment variables.
    pub fn env_name(self) -> &'static str {
        match self {
            Signal::Metrics => "METRICS",
            Signal::Traces => "TRACES",
        }
    }
}
