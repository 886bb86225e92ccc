//! What the process says of itself: logs, on standard error, and everything that it counts.

pub mod collector;
pub mod push;
pub mod settings;
pub mod trace;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::level_filters::LevelFilter;

use crate::live::Live;
use crate::metric::Metrics;
use crate::metric::family::Family;
use crate::snapshot::Snapshot;
use crate::telemetry::collector::Collector;
use crate::telemetry::settings::Settings;
use crate::telemetry::trace::Traces;

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
pub fn start(format: LogFormat, debug: bool) {
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
pub struct Sending {
    /// Where requests are traced, if they are.
    pub traces: Option<Arc<Traces>>,
    pushing: Option<JoinHandle<()>>,
}

/// Begins to send what `settings` say. What they do not say costs nothing.
pub fn send(
    settings: Settings,
    metrics: &Arc<Metrics>,
    live: &Arc<Live>,
    shutdown: &watch::Receiver<bool>,
) -> Sending {
    let pushing = settings.metrics.map(|target| {
        let collector = Collector::new(target, "metrics");
        let (metrics, live) = (metrics.clone(), live.clone());
        let push = push::run(
            collector,
            metrics,
            live,
            settings.interval,
            shutdown.clone(),
        );
        tokio::spawn(push)
    });
    let traces = settings.traces.map(|target| {
        let collector = Collector::new(target, "traces");
        Arc::new(Traces::new(collector, &metrics.resource))
    });
    Sending { traces, pushing }
}

impl Sending {
    /// Waits until what is left is sent, for at most this long.
    pub async fn finish(self, patience: Duration) {
        let traces = tokio::task::spawn_blocking(move || {
            if let Some(traces) = self.traces {
                traces.finish(patience);
            }
        });
        let pushed = async {
            if let Some(pushing) = self.pushing {
                let _ = pushing.await;
            }
        };
        let both = async { tokio::join!(traces, pushed) };
        if tokio::time::timeout(patience, both).await.is_err() {
            tracing::warn!("the last metrics and traces could not be sent in time");
        }
    }
}

/// Everything that is counted, at this moment.
pub fn families(metrics: &Metrics, snapshot: &Snapshot) -> Vec<Family> {
    let mut families: Vec<Family> = snapshot.tally.collect().into();
    families.extend(metrics.collect());
    let gauge = |name, help, number| Family::gauge(name, "", help, number);
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
