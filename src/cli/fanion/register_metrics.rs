//! Registers the metrics of sources and threads: their values are read at each scrape.

use std::time::SystemTime;

use tokio::runtime::Handle;

use crate::metric::registry::Metrics;
use crate::metric::thread_activity::ThreadActivities;
use crate::serve::admin::worker_liveness::WorkerLiveness;
use crate::source::metrics;
use crate::source::state_dir::writer::UnsavedDocuments;
use crate::source::state_dir::writer::unsaved_family;
use crate::source::updater::Updater;
use crate::telemetry::log_queue;
use crate::telemetry::log_queue::LogQueue;

/// Registers the metrics of the log, of stalled threads and of the state directory.
pub fn threads(
    metrics: &Metrics,
    log: LogQueue,
    activities: ThreadActivities,
    unsaved: UnsavedDocuments,
) {
    activities.add(log.activity.clone());
    metrics.register(move || {
        let mut families = vec![
            log_queue::lost_lines_family(log.lost_lines()),
            activities.collect(),
        ];
        families.extend(unsaved.count().map(unsaved_family));
        families
    });
}

/// Registers the metrics of the sources and of the update thread.
pub fn sources(metrics: &Metrics, updater: &Updater) {
    let (statuses, liveness) = (updater.statuses.clone(), updater.liveness());
    metrics.register(move || {
        let mut families = metrics::families(&statuses, SystemTime::now());
        families.push(metrics::update_thread_up(liveness.last_result()));
        families
    });
}

/// Registers the metric of the workers, and returns their liveness.
pub fn workers(metrics: &Metrics, workers: &Handle) -> WorkerLiveness {
    let liveness = WorkerLiveness::new(workers.clone());
    let collected = liveness.clone();
    metrics.register(move || vec![collected.collect()]);
    liveness
}
