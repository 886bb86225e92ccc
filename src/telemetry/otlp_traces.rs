//! Export of spans over OTLP: hands batches from the SDK's thread to the runtime.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanData;
use opentelemetry_sdk::trace::SpanExporter;
use prost::Message as _;
use tokio::runtime::Handle;

use crate::telemetry::otlp_client::OtlpClient;

/// Hands batches from the SDK's thread to the runtime.
#[derive(Debug)]
pub struct OtlpSpanExporter {
    /// The collector.
    pub client: Arc<OtlpClient>,
    /// The runtime that sends.
    pub runtime: Handle,
    /// The attributes of the process.
    pub resource: Arc<ResourceAttributesWithSchema>,
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
