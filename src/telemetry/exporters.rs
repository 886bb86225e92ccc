//! Starts and flushes the OTLP exporters of metrics and traces.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::live::Live;
use crate::metric::registry::Metrics;
use crate::telemetry::config::TelemetryConfig;
use crate::telemetry::otlp_client::OtlpClient;
use crate::telemetry::otlp_metrics;
use crate::telemetry::trace::RequestTracer;

/// The running exporters of metrics and traces.
#[derive(Debug)]
pub struct Exporters {
    /// The tracer of requests, if traces are exported.
    pub request_tracer: Option<Arc<RequestTracer>>,
    metrics_task: Option<JoinHandle<()>>,
}

/// Starts the exporters that `config` names. No task or tracer is created for the others.
pub fn start_exporters(
    config: TelemetryConfig,
    metrics: &Arc<Metrics>,
    live: &Arc<Live>,
    shutdown: &watch::Receiver<bool>,
) -> Exporters {
    #[expect(
        clippy::disallowed_methods,
        reason = "the handle is kept and awaited in `flush`"
    )]
    let metrics_task = config.metrics.map(|target| {
        let collector = OtlpClient::new(target, "metrics");
        let (metrics, live) = (metrics.clone(), live.clone());
        let push = otlp_metrics::export_periodically(
            collector,
            metrics,
            live,
            config.metrics_interval,
            shutdown.clone(),
        );
        tokio::spawn(push)
    });
    let request_tracer = config.traces.map(|target| {
        let collector = OtlpClient::new(target, "traces");
        Arc::new(RequestTracer::new(collector, &metrics.resource))
    });
    Exporters {
        request_tracer,
        metrics_task,
    }
}

impl Exporters {
    /// Sends the remaining metrics and spans, for at most `timeout`.
    pub async fn flush(self, timeout: Duration) {
        let traces = tokio::task::spawn_blocking(move || {
            if let Some(traces) = self.request_tracer {
                traces.shutdown(timeout);
            }
        });
        let pushed = async {
            if let Some(pushing) = self.metrics_task {
                let _ = pushing.await;
            }
        };
        let both = async { tokio::join!(traces, pushed) };
        if tokio::time::timeout(timeout, both).await.is_err() {
            tracing::warn!(
                "the last metrics and traces were not exported before the shutdown timeout"
            );
        }
    }
}
