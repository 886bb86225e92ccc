//! Panics of tasks, by the kind of the task.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;

/// The kinds of tasks that serve clients or export metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskKind {
    /// A stream of events, flags or health.
    Stream,
    /// A request that is not handled on its connection's task.
    Request,
    /// A connection, with the requests that are handled on its task.
    Connection,
    /// The reading of a token file, which is restarted.
    TokenFile,
    /// The export of metrics, which is restarted.
    MetricsExport,
}

impl TaskKind {
    const ALL: [TaskKind; 5] = [
        TaskKind::Stream,
        TaskKind::Request,
        TaskKind::Connection,
        TaskKind::TokenFile,
        TaskKind::MetricsExport,
    ];

    /// Returns the name in logs and labels.
    pub fn name(self) -> &'static str {
        match self {
            TaskKind::Stream => "stream",
            TaskKind::Request => "request",
            TaskKind::Connection => "connection",
            TaskKind::TokenFile => "token_file",
            TaskKind::MetricsExport => "metrics_export",
        }
    }
}

/// Counters of panics.
#[derive(Debug, Default)]
pub struct TaskPanics {
    panics: [AtomicU64; TaskKind::ALL.len()],
}

impl TaskPanics {
    /// Counts a panic.
    pub fn count_panic(&self, kind: TaskKind) {
        if let Some(panics) = self.panics.get(kind as usize) {
            panics.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns the metric family.
    pub fn collect(&self) -> MetricFamily {
        let help = "Panics in tasks; each ended one stream, request, connection, check of a token file or export of metrics.";
        let mut family = MetricFamily::new("fanion.task.panics", "", MetricKind::Counter, help);
        for (kind, panics) in TaskKind::ALL.into_iter().zip(&self.panics) {
            let count = MetricValue::Count(panics.load(Ordering::Relaxed));
            family.push(vec![("task", kind.name().to_owned())], count);
        }
        family
    }
}
