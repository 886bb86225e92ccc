//! What the process says of itself: logs, on standard error, and everything that it counts.

pub mod otlp_client;
pub mod otlp_metrics;
pub mod config;
pub mod trace;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::level_filters::LevelFilter;

use crate::live::Live;
use crate::metric::Metrics;
use crate::metric::family::MetricFamily;
use crate::snapshot::Snapshot;
use crate::telemetry::config::TelemetryConfig;
use crate::telemetry::otlp_client::OtlpClient;
use crate::telemetry::trace::RequestTracer;

/// How log lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Console,
    /// One JSON object a line.
    Json,
}

/// Starts logging. Flag contents and contexts never appear at info level.
pub fn init_logging(format: LogFormat, debug: bool) {
    let level = if debug {
        LevelFilter::DEBUG
    } else {
        LevelFilter::INFO
    };
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    // A subscriber that is there already, as in tests, stays.
    let _ = match format {
        LogFormat::Console => builder.try_init().is_ok(),
        LogFormat::Json => builder.json().flatten_event(true).try_init().is_ok(),
    };
}

/// What sends metrics and traces to collectors.
#[derive(Debug)]
pub struct Exporters {
    /// Where requests are traced, if they are.
    pub request_tracer: Option<Arc<RequestTracer>>,
    metrics_task: Option<JoinHandle<()>>,
}

/// Begins to send what `settings` say. What they do not say costs nothing.
pub fn start_exporters(
    settings: TelemetryConfig,
    metrics: &Arc<Metrics>,
    live: &Arc<Live>,
    shutdown: &watch::Receiver<bool>,
) -> Exporters {
    let pushing = settings.metrics.map(|target| {
        let collector = OtlpClient::new(target, "metrics");
        let (metrics, live) = (metrics.clone(), live.clone());
        let push = otlp_metrics::export_periodically(
            collector,
            metrics,
            live,
            settings.metrics_interval,
            shutdown.clone(),
        );
        tokio::spawn(push)
    });
    let traces = settings.traces.map(|target| {
        let collector = OtlpClient::new(target, "traces");
        Arc::new(RequestTracer::new(collector, &metrics.resource))
    });
    Exporters {
        request_tracer: traces,
        metrics_task: pushing,
    }
}

impl Exporters {
    /// Waits until what is left is sent, for at most this long.
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
            tracing::warn!("the last metrics and traces could not be sent in time");
        }
    }
}

/// Everything that is counted, at this moment.
pub fn collect_families(metrics: &Metrics, snapshot: &Snapshot) -> Vec<MetricFamily> {
    let mut families: Vec<MetricFamily> = snapshot.evaluations.collect().into();
    families.extend(metrics.collect());
    let gauge = |name, help, number| MetricFamily::gauge(name, "", help, number);
    families.push(gauge(
        "fanion.snapshot_generation",
        "How often the flags changed since the start.",
        snapshot.generation as f64,
    ));
    families.push(gauge(
        "fanion.flags",
        "How many flags are in force.",
        snapshot.ruleset.flags.len() as f64,
    ));
    families
}
