//! Starts and flushes the OTLP exporters of metrics and traces.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::task::JoinSet;

use crate::live::Live;
use crate::metric::registry::Metrics;
use crate::metric::task_panics::TaskKind;
use crate::panic_message::panic_message;
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
        let (metrics, live, shutdown) = (metrics.clone(), live.clone(), shutdown.clone());
        let counted = metrics.clone();
        let push = move || {
            otlp_metrics::export_periodically(
                OtlpClient::new(target.clone(), "metrics"),
                metrics.clone(),
                live.clone(),
                config.metrics_interval,
                shutdown.clone(),
            )
        };
        tokio::spawn(restart_after_panics(push, counted))
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

/// Runs a task until it returns. If it panics, the panic is counted, and the task starts again: its first action is to
/// wait for an interval.
async fn restart_after_panics<F>(start: impl Fn() -> F, metrics: Arc<Metrics>)
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        // Aborts the task when this one is dropped.
        let mut task = JoinSet::new();
        task.spawn(start());
        match task.join_next().await {
            Some(Err(error)) if error.is_panic() => {
                metrics.tasks.count_panic(TaskKind::MetricsExport);
                let panic = panic_message(&*error.into_panic());
                tracing::error!(panic, "the export of metrics panicked and is restarted");
            }
            _ => return,
        }
    }
}

impl Exporters {
    /// Sends the remaining metrics and spans, for at most `timeout`.
    pub async fn flush(self, timeout: Duration) {
        // Without a tracer no thread is needed: creating one fails at a limit of threads.
        let traces = self
            .request_tracer
            .map(|traces| tokio::task::spawn_blocking(move || traces.shutdown(timeout)));
        let traces = async {
            if let Some(traces) = traces {
                let _ = traces.await;
            }
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;
    use std::sync::atomic::Ordering;

    use crate::metric::family::MetricValue;

    #[tokio::test]
    async fn panicked_export_is_counted_and_restarted() {
        let starts = Arc::new(AtomicU64::new(0));
        let seen = starts.clone();
        let start = move || {
            let at = seen.fetch_add(1, Ordering::Relaxed);
            async move { assert!(at >= 2, "a broken export") }
        };
        let metrics = Arc::new(Metrics::default());
        restart_after_panics(start, metrics.clone()).await;
        assert_eq!(starts.load(Ordering::Relaxed), 3);
        let counts = metrics.tasks.collect().series;
        assert_eq!(
            counts.last().map(|s| s.value.clone()),
            Some(MetricValue::Count(2))
        );
    }
}
