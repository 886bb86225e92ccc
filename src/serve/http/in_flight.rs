//! A request in flight: its metrics and its span, recorded when it is dropped.

use std::sync::Arc;
use std::time::Instant;

use opentelemetry::KeyValue;

use crate::metric::http_server::request_labels::RequestLabels;
use crate::metric::registry::Metrics;
use crate::telemetry::trace::RequestSpan;

/// A request from its head to the last byte of its response.
#[derive(Debug)]
pub struct InFlightRequest {
    metrics: Arc<Metrics>,
    labels: RequestLabels,
    started: Instant,
    /// The HTTP status of the response, once there is one.
    pub status: Option<u16>,
    /// The gRPC status of the response, if it is known with its head.
    pub grpc_status: Option<i64>,
    /// The span, if requests are traced.
    pub span: Option<RequestSpan>,
    response_size: u64,
}

impl InFlightRequest {
    /// Starts timing a request that is already counted as active.
    pub fn new(
        metrics: Arc<Metrics>,
        labels: RequestLabels,
        span: Option<RequestSpan>,
    ) -> InFlightRequest {
        InFlightRequest {
            metrics,
            labels,
            started: Instant::now(),
            status: None,
            grpc_status: None,
            span,
            response_size: 0,
        }
    }

    /// Returns true if the gRPC status of the response is recorded.
    pub fn records_grpc_status(&self) -> bool {
        self.span.is_some() || tracing::enabled!(tracing::Level::DEBUG)
    }

    /// Logs the request at debug level.
    fn log(&self) {
        let (method, route) = (self.labels.method(), self.labels.route());
        let InFlightRequest {
            status,
            grpc_status,
            response_size,
            ..
        } = *self;
        let micros = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let message = match status {
            Some(_) => "request",
            None => "request aborted by the client",
        };
        tracing::debug!(
            method,
            route,
            status,
            grpc_status,
            response_size,
            micros,
            "{message}"
        );
    }

    /// Counts bytes of the response.
    pub fn add_sent_bytes(&mut self, bytes: usize) {
        self.response_size += bytes as u64;
    }
}

impl Drop for InFlightRequest {
    fn drop(&mut self) {
        if tracing::enabled!(tracing::Level::DEBUG) {
            self.log();
        }
        let http = &self.metrics.http;
        http.dec_active(self.labels);
        // There is no status if the client disconnects before the response.
        if let Some(status) = self.status {
            http.record_response(
                self.labels,
                status,
                self.started.elapsed(),
                self.response_size,
            );
        }
        if let Some(span) = &self.span {
            let status = self.status.map(i64::from);
            let status = status.map(|status| KeyValue::new("http.response.status_code", status));
            let code = self
                .grpc_status
                .map(|code| KeyValue::new("rpc.grpc.status_code", code));
            // Codes that OpenTelemetry's gRPC conventions count as server errors: unknown, deadline, unimplemented,
            // internal, unavailable, data loss.
            let failed = self.status.is_some_and(|status| status >= 500)
                || matches!(self.grpc_status, Some(2 | 4 | 12 | 13 | 14 | 15));
            span.end(status.into_iter().chain(code).collect(), failed);
        }
    }
}
