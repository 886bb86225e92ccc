//! All metrics of the process except evaluation counters, which are part of the snapshot; other collectors register
//! here.

use std::sync::Mutex;
use std::sync::PoisonError;

use crate::metric::SERVICE_NAME;
use crate::metric::authentication::AuthenticationMetrics;
use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;
use crate::metric::histogram::Histogram;
use crate::metric::http_server::HttpServerMetrics;
use crate::metric::limit_hits::LimitHits;
use crate::metric::process;
use crate::metric::sync_stream::SyncStreamMetrics;
use crate::metric::task_panics::TaskPanics;

/// Bounds of the evaluation duration in nanoseconds, from 250 ns to 10 ms.
const EVALUATION_DURATION_BOUNDS: [u64; 14] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 10_000_000,
];

/// The metrics of the servers. Evaluation counters are part of the snapshot, see [`crate::metric::evaluation`].
#[derive(Debug)]
pub struct Metrics {
    /// Requests over HTTP.
    pub http: HttpServerMetrics,
    /// Streams of flag sync.
    pub sync_streams: SyncStreamMetrics,
    /// Limits that clients reached.
    pub limits: LimitHits,
    /// Requests without a valid token.
    pub authentication: AuthenticationMetrics,
    /// Panics of tasks.
    pub tasks: TaskPanics,
    /// The duration of a single evaluation, from the request's bytes to the response's.
    pub single_duration: Histogram,
    /// The same for bulk evaluations.
    pub bulk_duration: Histogram,
    /// The resource attributes of the process, such as `service.name`.
    pub resource: Vec<(String, String)>,
    registered: Mutex<Vec<RegisteredCollector>>,
}

/// A collector that computes families on each export.
struct RegisteredCollector(Box<dyn Fn() -> Vec<MetricFamily> + Send>);

impl std::fmt::Debug for RegisteredCollector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RegisteredCollector")
    }
}

/// Returns the default attributes of the process, which OpenTelemetry's variables override.
pub fn default_resource() -> Vec<(String, String)> {
    let version = env!("CARGO_PKG_VERSION");
    vec![
        ("service.name".to_owned(), SERVICE_NAME.to_owned()),
        ("service.version".to_owned(), version.to_owned()),
    ]
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new(default_resource())
    }
}

impl Metrics {
    /// Returns counters at zero, for a process with these resource attributes.
    pub fn new(resource: Vec<(String, String)>) -> Metrics {
        Metrics {
            http: HttpServerMetrics::default(),
            sync_streams: SyncStreamMetrics::default(),
            limits: LimitHits::default(),
            authentication: AuthenticationMetrics::default(),
            tasks: TaskPanics::default(),
            single_duration: Histogram::for_durations(&EVALUATION_DURATION_BOUNDS),
            bulk_duration: Histogram::for_durations(&EVALUATION_DURATION_BOUNDS),
            resource,
            registered: Mutex::default(),
        }
    }

    /// Adds a collector, which runs on each export.
    pub fn register(&self, collector: impl Fn() -> Vec<MetricFamily> + Send + 'static) {
        let mut more = self
            .registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        more.push(RegisteredCollector(Box::new(collector)));
    }

    /// Returns the families of all metrics here and of the registered collectors.
    pub fn collect(&self) -> Vec<MetricFamily> {
        let mut families = self.http.collect(SERVICE_NAME);
        families.extend(self.sync_streams.collect());
        families.push(self.limits.collect());
        families.push(self.authentication.collect());
        families.push(self.tasks.collect());
        families.push(self.evaluation_duration());
        families.push(build_info());
        families.extend(process::collect());
        let more = self
            .registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        families.extend(more.iter().flat_map(|source| source.0()));
        families
    }

    fn evaluation_duration(&self) -> MetricFamily {
        let help = "Duration of evaluations, from a request's bytes to its response's.";
        let mut family = MetricFamily::new(
            "fanion.evaluation.duration",
            "s",
            MetricKind::Histogram,
            help,
        );
        for (kind, histogram) in [
            ("single", &self.single_duration),
            ("bulk", &self.bulk_duration),
        ] {
            family.push(vec![("kind", kind.into())], histogram.collect());
        }
        family
    }
}

fn build_info() -> MetricFamily {
    let help = "Build information; the value is always 1.";
    let mut family = MetricFamily::new("fanion.build_info", "", MetricKind::Gauge, help);
    let version = env!("CARGO_PKG_VERSION").to_owned();
    family.push(vec![("version", version)], MetricValue::Number(1.0));
    family
}
