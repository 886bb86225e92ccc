//! Traces: a span for every request, which belongs to the caller's trace and tells what was evaluated.
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
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;
use opentelemetry_sdk::trace::SdkTracerProvider;
use opentelemetry_sdk::trace::SpanData;
use opentelemetry_sdk::trace::SpanExporter;
use prost::Message as _;
use tokio::runtime::Handle;

use crate::decision::Decision;
use crate::resolve::DecisionObserver;
use crate::ruleset::CompiledFlag;
use crate::telemetry::otlp_client::OtlpClient;
use crate::value::OwnedValue;

/// Where spans come from and go to. Sampling, queue and batches follow OpenTelemetry's variables.
#[derive(Debug)]
pub struct RequestTracer {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// The span of a request.
#[derive(Debug, Clone)]
pub struct RequestSpan(Arc<Mutex<opentelemetry_sdk::trace::Span>>);

impl RequestTracer {
    /// Sends spans to `collector`. Must be called on the runtime that is to send them.
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

    /// Begins the span of a request with these headers.
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

    /// Sends what is left, for at most this long. Blocks.
    pub fn shutdown(&self, timeout: Duration) {
        // What went wrong was logged by the collector.
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
    /// Ends the span; `failed` says that the server is to blame.
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

fn evaluation_event(key: &str, flag: Option<&CompiledFlag>, decision: Decision) -> Vec<KeyValue> {
    let mut event = vec![
        KeyValue::new("feature_flag.key", key.to_owned()),
        KeyValue::new("feature_flag.provider.name", "flagd"),
    ];
    let reason = match decision {
        Decision::Variant(index, reason) => {
            let variant = flag.and_then(|flag| flag.variant_names.get(usize::from(index)));
            let variant = variant.map_or("", |name| name).to_owned();
            event.push(KeyValue::new("feature_flag.result.variant", variant));
            reason.as_str().to_ascii_lowercase()
        }
        Decision::Disabled => "disabled".to_owned(),
        Decision::NoDefault => "default".to_owned(),
        Decision::Error(code) => {
            let code = code.as_str().to_ascii_lowercase();
            event.push(KeyValue::new("error.type", code));
            "error".to_owned()
        }
    };
    event.push(KeyValue::new("feature_flag.result.reason", reason));
    let Some(flag) = flag else {
        return event;
    };
    let set = flag.flag_set_id.as_deref();
    event.extend(set.map(|set| KeyValue::new("feature_flag.set.id", set.to_owned())));
    let version = flag.metadata.iter().find(|(name, _)| &**name == "version");
    let version = version.and_then(|(_, value)| match value {
        OwnedValue::Text(text) => Some(text.to_string()),
        OwnedValue::Number(number) => Some(number.to_string()),
        _ => None,
    });
    event.extend(version.map(|version| KeyValue::new("feature_flag.version", version)));
    event
}

/// Hands batches from the SDK's thread to the runtime.
#[derive(Debug)]
struct OtlpSpanExporter {
    client: Arc<OtlpClient>,
    runtime: Handle,
    resource: Arc<ResourceAttributesWithSchema>,
}

impl SpanExporter for OtlpSpanExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let (collector, resource) = (self.client.clone(), self.resource.clone());
        let sent = self.runtime.spawn(async move {
            let resource_spans = group_spans_by_resource_and_scope(batch, &resource);
            let message = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
            collector.send(message).await
        });
        let sent = sent.await.unwrap_or_else(|error| Err(error.to_string()));
        sent.map_err(OTelSdkError::InternalFailure)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = Arc::new(resource.into());
    }
}
