//! Traces: a span for every request, within the caller's trace, with an event for each evaluation.
//!
//! <https://opentelemetry.io/docs/specs/semconv/feature-flags/feature-flags-events/>

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use http::HeaderMap;
use opentelemetry::KeyValue;
use opentelemetry::propagation::Extractor;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::Span as _;
use opentelemetry::trace::SpanKind;
use opentelemetry::trace::Status;
use opentelemetry::trace::Tracer as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;

use crate::decision::Decision;
use crate::resolve::DecisionObserver;
use crate::ruleset::CompiledFlag;
use crate::telemetry::evaluation_event::evaluation_event;
use crate::telemetry::otlp_client::OtlpClient;
use crate::telemetry::otlp_traces::OtlpSpanExporter;

/// The tracer of requests. Sampling, queue and batches follow OpenTelemetry's variables.
#[derive(Debug)]
pub struct RequestTracer {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// The span of a request.
#[derive(Debug, Clone)]
pub struct RequestSpan(Arc<Mutex<opentelemetry_sdk::trace::Span>>);

impl RequestTracer {
    /// Sends spans to `collector`. Must be called on the runtime that sends them.
    pub fn new(client: OtlpClient, resource: &[(String, String)]) -> RequestTracer {
        let pairs = resource.iter().cloned();
        let attributes = pairs.map(|(key, value)| KeyValue::new(key, value));
        let resource = Resource::builder_empty()
            .with_attributes(attributes)
            .build();
        let exporter = OtlpSpanExporter {
            client: Arc::new(client),
            runtime: Handle::current(),
            resource: Arc::default(),
        };
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_batch_exporter(exporter)
            .build();
        let tracer = provider.tracer("flagd");
        RequestTracer { provider, tracer }
    }

    /// Starts the span of a request with these headers.
    pub fn start_span(
        &self,
        name: &'static str,
        headers: &HeaderMap,
        attributes: Vec<KeyValue>,
    ) -> RequestSpan {
        let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
        let span = self
            .tracer
            .span_builder(name)
            .with_kind(SpanKind::Server)
            .with_attributes(attributes)
            .start_with_context(&self.tracer, &parent);
        RequestSpan(Arc::new(Mutex::new(span)))
    }

    /// Sends the remaining spans, for at most `timeout`. Blocks.
    pub fn shutdown(&self, timeout: Duration) {
        // The client has logged the failure.
        let _ = self.provider.shutdown_with_timeout(timeout);
    }
}

struct HeaderExtractor<'h>(&'h HeaderMap);

impl Extractor for HeaderExtractor<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

impl RequestSpan {
    /// Ends the span. `is_server_error` is true if the request failed because of the server.
    pub fn end(&self, attributes: Vec<KeyValue>, is_server_error: bool) {
        let mut span = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        span.set_attributes(attributes);
        if is_server_error {
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

impl DecisionObserver for RequestSpan {
    fn on_decision(&self, key: &str, flag: Option<&CompiledFlag>, decision: Decision) {
        let mut span = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !span.is_recording() {
            return;
        }
        span.add_event(
            "feature_flag.evaluation",
            evaluation_event(key, flag, decision),
        );
    }
}
